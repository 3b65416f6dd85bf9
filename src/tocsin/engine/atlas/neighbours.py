"""Which ASes stand directly before the origin of a prefix, by the paths that collectors see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.atlas.layout import Int32s
from tocsin.engine.atlas.rows import Routes
from tocsin.engine.atlas.runs import number_runs
from tocsin.model.address import Ints

_LOW = np.uint64(0xFFFF_FFFF)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Sets of neighbours, the distinct ones once.

    value (prefixes,): the set of each prefix, -1 for none. bounds (sets+1,), numbers: set `i` is
    `numbers[bounds[i] : bounds[i + 1]]`, ascending.
    """

    value: Int32s
    bounds: NDArray[np.uint32]
    numbers: NDArray[np.uint32]


def neighbours_of(routes: Routes, prefix: Ints, shown: NDArray[np.uint32]) -> Neighbours | None:
    """The neighbours of the origin that reports show; None where no path told any.

    prefix (rows,): number of the prefix of each row as read; shown (prefixes,): its origin. What
    stands before the other origins of a prefix is none of theirs, and is left out.
    """
    if not len(routes.neighbours):
        return None
    near = np.array(routes.near, np.int64)
    counts = np.array(routes.asn, np.uint32) == shown[prefix]
    # One number for prefix and neighbour: sorting sorts by both.
    pairs = np.repeat(prefix.astype(np.uint64) << np.uint64(32), near)
    pairs |= np.frombuffer(routes.neighbours, np.uint32)
    if not counts.all():
        pairs = pairs[np.repeat(counts, near)]
    if not len(pairs):
        return None
    pairs.sort()
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])]
    numbers, where = (pairs & _LOW).astype(np.uint32), (pairs >> np.uint64(32)).astype(np.int64)
    begins = np.flatnonzero(np.diff(where, prepend=-1))
    of_each, distinct = number_runs(numbers, np.append(begins, len(numbers)))
    value = np.full(len(shown), -1, np.int32)
    value[where[begins]] = of_each
    sizes = [len(run) // numbers.itemsize for run in distinct]
    return Neighbours(
        value,
        np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.uint32),
        np.frombuffer(b"".join(distinct), np.uint32),
    )
