"""Where the lines of some bytes are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.kernels.compiled import ONE, Place, compiled

Places = NDArray[np.uint64]

_NEWLINE, _RETURN, _BLANK, _TAB = 0x0A, 0x0D, 0x20, 0x09


@compiled
def _find(data: NDArray[np.uint8], ends: Places, blank: NDArray[np.bool_]) -> int:
    """Where each line's end mark is, and which lines hold nothing but blanks; how many lines."""
    row, size, empty = Place(0), Place(len(data)), True
    for at in range(size):
        letter = data[at]
        if letter == _NEWLINE:
            ends[row] = at
            blank[row] = empty
            row += ONE
            empty = True
        elif letter > _BLANK or (letter != _BLANK and not _TAB <= letter <= _RETURN):
            empty = False
    if size and data[size - ONE] != _NEWLINE:
        ends[row] = size
        blank[row] = empty
        row += ONE
    return int(row)


def find_lines(data: bytes) -> tuple[Places, Places, NDArray[np.bool_]]:
    """Begin and end of each line, without `\\n` or `\\r\\n`, and whether it is blank.

    Blank is what `bytes.isspace` calls so, and a line without any bytes.
    """
    array = np.frombuffer(data, np.uint8)
    many = len(data) + 1  # room that is not used is never touched
    ends, blank = np.empty(many, np.uint64), np.empty(many, np.bool_)
    lines = _find(array, ends, blank)
    ends, blank = ends[:lines], blank[:lines]
    begins = np.zeros(lines, np.uint64)
    begins[1:] = ends[:-1] + ONE
    returned = (ends > begins) & (array[np.maximum(ends, ONE) - ONE] == _RETURN)
    return begins, ends - returned, blank


@compiled
def _count(data: NDArray[np.uint8]) -> int:
    ends = 0
    for at in range(Place(len(data))):
        ends += data[at] == _NEWLINE
    return ends


def count_lines(data: bytes) -> int:
    """How many lines there are at most: one more than line ends."""
    return _count(np.frombuffer(data, np.uint8)) + 1


@compiled
def _count_plain(data: NDArray[np.uint8]) -> tuple[int, int]:
    ends = odd = 0
    for at in range(Place(len(data)) - ONE):
        ended = data[at] == _NEWLINE
        ends += ended
        odd += ended and data[at + ONE] <= _BLANK
    return ends, odd


def count_plain_lines(data: bytes) -> int:
    """How many lines there are, -1 if one of them may be blank.

    Blank lines begin with a blank; that can be asked of all bytes at once.
    """
    if not data or data[0] <= _BLANK:
        return -1
    ends, odd = _count_plain(np.frombuffer(data, np.uint8))
    return -1 if odd else ends + 1
