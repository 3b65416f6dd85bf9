"""The short cut for IPv4: one cell for each /24, and 256 more where a /24 is divided.

This is the DIR-24-8 scheme (Gupta, Lin, McKeown: Routing lookups in hardware at memory access
speeds, 1998). A look-up is one or two reads instead of the twenty steps of a binary search.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.atlas.layout import Int32s

WORTH_FROM = 65_536
"""Intervals from which on the table pays. It takes 64 MiB whatever it holds; fewer starts than
this fit in a core's own cache, where a binary search is hardly slower."""

MOST_DIVIDED = 1 << 18
"""Divided /24s up to which it pays: 256 MiB of cells. Geography that is finer still (single
addresses everywhere) is searched instead."""

_BLOCKS = 1 << 24


def make_blocks(starts: NDArray[np.uint32]) -> tuple[Int32s, Int32s] | None:
    """The table and its overflow, for interval starts ascending from 0; None if not worth it.

    A cell of the table holds an interval's number, or `~k` where the /24 is divided: then the
    cells 256*k to 256*k+255 of the overflow hold one number for each address.
    """
    divided = np.unique(starts[starts & np.uint32(255) != 0] >> np.uint32(8))
    if len(starts) < WORTH_FROM or len(divided) > MOST_DIVIDED:
        return None
    return _table(starts, divided), _overflow(starts, divided)


def _table(starts: NDArray[np.uint32], divided: NDArray[np.uint32]) -> Int32s:
    # Interval i answers for the /24s that begin in it: ceil(start/256) up to the next one's.
    first_block = (starts.astype(np.int64) + 255) >> 8
    counts = np.diff(first_block, append=_BLOCKS)
    table = np.repeat(np.arange(len(starts), dtype=np.int32), counts)
    table[divided] = ~np.arange(len(divided), dtype=np.int32)
    return table


def _overflow(starts: NDArray[np.uint32], divided: NDArray[np.uint32]) -> Int32s:
    addresses = (divided[:, None] << np.uint32(8)) | np.arange(256, dtype=np.uint32)
    found = np.searchsorted(starts, addresses.reshape(-1), side="right") - 1
    return found.astype(np.int32)


def look_up(blocks: Int32s, overflow: Int32s, points: NDArray[np.uint32]) -> Int32s:
    """The number of the interval for each IPv4 address."""
    found: Int32s = blocks[points >> np.uint32(8)]
    where = np.flatnonzero(found < 0)
    if len(where):
        cells = (~found[where]).astype(np.int64) * 256 + (points[where] & np.uint32(255))
        found[where] = overflow[cells]
    return found
