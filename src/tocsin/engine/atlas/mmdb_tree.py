"""Whether the search tree of a MaxMind database is one, before the library walks it.

The library's fast walk trusts the tree: one that leads back to itself makes it write behind its
buffers, or never end. Source of the layout: the MaxMind DB file format specification, 2.0.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.model.address import Ints

_V4_DEPTH = 96
_CIRCLE = "its tree leads back to itself"


def check_tree(path: Path, forks: int, size: int, bits: int) -> None:
    """ValueError unless every way from the root ends, after at most `bits` forks.

    forks: how many the tree has. size: bits of a branch: 24, 28 or 32. bits: of an address, 32 or
    128. The networks of IPv4 are walked once, whatever else leads to them, as the library does.
    """
    branches = _branches(path, forks, size)
    v4 = _v4_fork(branches) if bits == 128 else forks
    _walk(branches, 0, bits, but=v4)
    if v4 < forks:
        _walk(branches, v4, bits - _V4_DEPTH, but=forks)


def _walk(branches: Ints, root: int, bits: int, *, but: int) -> None:
    """ValueError unless every way from `root` ends within so many forks; `but` is no way."""
    forks = len(branches)
    level, walked = np.array([root], dtype=np.int64), 0
    for _ in range(bits):
        walked += len(level)
        if walked > 2 * forks:  # a tree is walked once; twice is for those that share parts
            raise ValueError(_CIRCLE)
        below = branches[level].reshape(-1)
        level = below[(below < forks) & (below != but)]
    if len(level):
        raise ValueError("its tree is deeper than an address is long")


def _branches(path: Path, forks: int, size: int) -> Ints:
    """Both branches of every fork `(forks, 2)`."""
    wide = size // 4
    with path.open("rb") as stream:
        raw = np.frombuffer(stream.read(forks * wide), dtype=np.uint8)
    if forks < 1 or len(raw) < forks * wide:
        raise ValueError(f"it has no room for its {forks} forks")
    rows = raw.reshape(forks, wide).astype(np.int64)
    if size == 24:
        return np.stack([_number(rows[:, :3]), _number(rows[:, 3:])], axis=1)
    if size == 32:
        return np.stack([_number(rows[:, :4]), _number(rows[:, 4:])], axis=1)
    if size != 28:
        raise ValueError(f"its branches have {size} bits")
    left = (rows[:, 3] >> 4) << 24 | _number(rows[:, :3])
    right = (rows[:, 3] & 15) << 24 | _number(rows[:, 4:])
    return np.stack([left, right], axis=1)


def _number(octets: NDArray[np.int64]) -> Ints:
    """Big-endian octets of a row as one number."""
    number = np.zeros(len(octets), dtype=np.int64)
    for column in range(octets.shape[1]):
        number = number << 8 | octets[:, column]
    return number


def _v4_fork(branches: Ints) -> int:
    """The fork that the networks of IPv4 begin with; not below the count of forks if none does."""
    way = [0]
    for _ in range(_V4_DEPTH):
        fork = int(branches[way[-1], 0])
        if fork in way:
            raise ValueError(_CIRCLE)
        if fork >= len(branches):
            return len(branches)
        way.append(fork)
    return way[-1]
