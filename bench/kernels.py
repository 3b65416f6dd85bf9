"""What each compiled loop gains over the plain code that tests hold it equal to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
import pyarrow as pa

from bench.measure import Clock
from bench.table import Figure
from bench.world.events import hexadecimal
from bench.world.scale import below, mixed
from tocsin.engine.kernels.addresses import read_addresses, read_written
from tocsin.engine.kernels.blake2b import digests
from tocsin.engine.kernels.lines import find_lines
from tocsin.engine.nightly.coded import Coded, lines_by_arrow, lines_of
from tocsin.engine.sources.json_large import LargeSlice
from tocsin.engine.sources.json_rows import read_object
from tocsin.model.address import Addresses, address_texts, parse_address

_ROWS = 50_000
_LEAST_FACTOR = 1.2
"""A loop that gains less is not worth being harder to read."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A loop and its plain twin, over the same rows."""

    title: str
    fast: Callable[[], object]
    plain: Callable[[], object]


def _kernels() -> list[Kernel]:
    numbers = np.arange(_ROWS, dtype=np.uint64)
    octets = [below(numbers, salt, 256).tolist() for salt in range(4)]
    texts = [f"{a}.{b}.{c}.{d}" for a, b, c, d in zip(*octets, strict=True)]
    names = hexadecimal(mixed(numbers, 5), mixed(numbers, 6)).to_pylist()
    lines = [
        json.dumps({f"key{n}": text + name for n in range(8)}).encode()
        for text, name in zip(texts, names, strict=True)
    ]
    content = b"\n".join(lines) + b"\n"
    begins, ends, _ = find_lines(content)
    column, data = pa.array(texts), np.frombuffer(content, np.uint8)

    def scanned() -> object:
        slice_ = LargeSlice(content, 0, _ROWS + 1)
        return [shaped.texts(key) for shaped in slice_.shaped() for key in shaped.keys]

    def parsed() -> object:
        values = [read_object(line.decode()) for line in lines]
        keys = [f"key{n}" for n in range(8)]
        return [pa.array([v[key] for v in values if isinstance(v, dict)]) for key in keys]

    high, low = mixed(numbers, 4) | np.uint64(1 << 61), mixed(numbers, 5)
    sixes = pa.array(address_texts(Addresses(high, low)))
    words = pa.array(names[:1000], pa.large_string())
    codes = [below(numbers, salt, 1000).astype(np.int32) for salt in range(8)]
    cells = [Coded(each, words, quoted=True, end=",") for each in codes]
    return [
        Kernel(
            "addresses: text to 128 bits",
            lambda: read_addresses(column),
            lambda: [parse_address(text) for text in texts],
        ),
        Kernel(
            "addresses: IPv6 that is written as ours",
            lambda: read_written(sixes),
            lambda: address_texts(read_addresses(sixes)[0]),
        ),
        Kernel(
            "blake2b: a digest a record",
            lambda: digests(data, begins, ends, b"", b""),
            lambda: [hashlib.blake2b(line, digest_size=16).digest() for line in lines],
        ),
        Kernel(
            "lines: where records are",
            lambda: find_lines(content),
            lambda: [(line, line.isspace()) for line in content.split(b"\n")],
        ),
        Kernel("flat lines and texts: JSON to columns", scanned, parsed),
        Kernel(
            "joined: cells to lines",
            lambda: lines_of(cells, _ROWS).texts(),
            lambda: lines_by_arrow(cells),
        ),
    ]


def kernel_figures(repeats: int) -> list[Figure]:
    """A line of the table for each."""
    found = []
    for kernel in _kernels():
        kernel.fast()  # compiled, or read from disk, before it counts
        pairs = [(_seconds(kernel.fast), _seconds(kernel.plain)) for _ in range(repeats)]
        fast, plain = (median(each) for each in zip(*pairs, strict=True))
        found.append(
            Figure(
                f"kernel {kernel.title}",
                plain / fast,
                _LEAST_FACTOR,
                _LEAST_FACTOR,
                f"{fast / _ROWS * 1e9:.0f} ns",
                f"{plain / _ROWS * 1e9:.0f} ns",
                at_least=True,
                unit="x",
            )
        )
    return found


def _seconds(function: Callable[[], object]) -> float:
    clock = Clock()
    function()
    return clock.seconds
