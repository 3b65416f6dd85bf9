"""Spans of time in which a group holds enough different values: a window that slides once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.kernels.compiled import compiled

Times = NDArray[np.int64]

_FIRST_ROOM = 1 << 12
_NEVER = np.int32(-1)
"""Of a place in the table of values: nothing has been put there in this group."""


def spans_held(
    groups: NDArray[np.int32], times: Times, values: NDArray[np.uint64], span: int, least: int
) -> tuple[NDArray[np.int32], Times, Times]:
    """When a group has at least `least` different values: its number, begin and end of each span.

    All `(n,)`, ordered by group and time. A value is there from the time at which it comes until
    `span` is over after the last that says it; what goes at a moment goes before what comes. Values
    are taken as they are for hashes: they are spread by their last bits.
    """
    counted = np.bincount(groups) if len(groups) else np.zeros(1, np.int64)
    room = 2 << int(counted.max()).bit_length()
    return _slide(groups, times, values, span, least, room)


@compiled
def _slide(
    groups: NDArray[np.int32],
    times: Times,
    values: NDArray[np.uint64],
    span: int,
    least: int,
    room: int,
) -> tuple[NDArray[np.int32], Times, Times]:
    keys = np.empty(room, np.uint64)
    counts = np.empty(room, np.int32)
    place_of = np.empty(len(times), np.int64)
    of = np.empty(_FIRST_ROOM, np.int32)
    begins = np.empty(_FIRST_ROOM, np.int64)
    ends = np.empty(_FIRST_ROOM, np.int64)
    found = 0
    first = 0
    while first < len(groups):
        last = first
        while last < len(groups) and groups[last] == groups[first]:
            last += 1
        # A table of just the size that this group needs stays in the processor's cache.
        size = 2
        while size < 2 * (last - first):
            size *= 2
        counts[:size] = _NEVER
        mask = np.uint64(size - 1)
        held, begin, left = 0, np.int64(0), first
        for row in range(first, last + 1):
            while left < row and (row == last or times[left] + span <= times[row]):
                place = place_of[left]
                counts[place] -= 1
                if counts[place] == 0:
                    held -= 1
                    if held == least - 1:
                        if found == len(of):
                            of = np.concatenate((of, np.empty_like(of)))
                            begins = np.concatenate((begins, np.empty_like(begins)))
                            ends = np.concatenate((ends, np.empty_like(ends)))
                        of[found] = groups[first]
                        begins[found] = begin
                        ends[found] = times[left] + span
                        found += 1
                left += 1
            if row == last:
                break
            place = np.int64(values[row] & mask)
            while counts[place] != _NEVER and keys[place] != values[row]:
                place = (place + 1) & (size - 1)
            if counts[place] <= 0:
                keys[place] = values[row]
                counts[place] = 0
                held += 1
                if held == least:
                    begin = times[row]
            counts[place] += 1
            place_of[row] = place
        first = last
    return of[:found], begins[:found], ends[:found]
