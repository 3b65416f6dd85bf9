"""A file of arrays with names, mapped where it lies: a reader takes in only what it looks at.

It begins with `_MAGIC`, how long what follows is, and a JSON object that tells what each array
holds and where it is. It is there whole or not at all.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.files import atomic_path

_MAGIC = b"tocsarr1"
_ALIGNED = 64
_BEGIN = len(_MAGIC) + 8

Array = NDArray[Any]


@dataclass(frozen=True)
class Arrays:
    """What is in a file. said: what was written beside the arrays."""

    said: Mapping[str, Any]
    of: Mapping[str, Array]


@contextmanager
def write_arrays(
    path: Path, said: Mapping[str, Any], shapes: Mapping[str, tuple[str, int]]
) -> Iterator[Mapping[str, Array]]:
    """A file with arrays of zeros, which are to be filled within the block; then it has its name.

    shapes: of each array the type of its values, in numpy's words, and how many there are.
    """
    places, size = {}, 0
    for name, (kind, count) in shapes.items():
        places[name] = (kind, size, count)
        size = _aligned(size + np.dtype(kind).itemsize * count)
    head = json.dumps({"said": said, "arrays": places, "bytes": size}).encode()
    begin = _aligned(_BEGIN + len(head))
    with atomic_path(path) as temporary:
        with temporary.open("wb") as stream:
            stream.write(_MAGIC + len(head).to_bytes(8, "little") + head)
            stream.truncate(begin + size)
        whole = np.memmap(temporary, np.uint8, "r+")
        yield {name: _view(whole, begin, *place) for name, place in places.items()}
        whole.flush()


def read_arrays(path: Path) -> Arrays | None:
    """What is in a file, mapped; None if there is none, or none that is whole."""
    try:
        whole = _mapped(path)
        told = whole[:_BEGIN].tobytes()
        length = int.from_bytes(told[len(_MAGIC) :], "little")
        if told[: len(_MAGIC)] != _MAGIC or _BEGIN + length > len(whole):
            return None
        head = json.loads(whole[_BEGIN : _BEGIN + length].tobytes())
    except (FileNotFoundError, ValueError):
        return None
    begin = _aligned(_BEGIN + length)
    if begin + head["bytes"] != len(whole):
        return None
    of = {name: _view(whole, begin, *place) for name, place in head["arrays"].items()}
    return Arrays(head["said"], of)


def _mapped(path: Path) -> Array:
    """The bytes of a file; ValueError if it is empty."""
    with path.open("rb") as stream:
        mapped = mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ)
    # Looks go here and there: what the system would read ahead of each is hardly ever wanted.
    mapped.madvise(mmap.MADV_RANDOM)
    return np.frombuffer(mapped, np.uint8)


def _aligned(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED


def _view(whole: Array, begin: int, kind: str, offset: int, count: int) -> Array:
    first = begin + offset
    bytes_ = whole[first : first + np.dtype(kind).itemsize * count]
    return bytes_.view(np.ndarray).view(kind)
