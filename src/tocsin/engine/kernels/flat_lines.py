"""Reading lines of JSON that are flat objects with known keys in a known order.

A shape is what a line has around its values: `{"ip": `, `, "port": `, `}`. A line that has a
shape, and whose values are plain texts (no escapes, no control characters), JSON numbers, true,
false or null, is sound JSON; where its values lie is all that has to be told. Any other line is
left to the exact reader.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.kernels.compiled import NO_PLACE, ONE, Place, compiled
from tocsin.engine.kernels.wide import WIDTH, first_mark, text_marks, unlike_wide

Bytes = NDArray[np.uint8]
Places = NDArray[np.uint64]

UNMATCHED = -1
NULL, TEXT, NUMBER, TRUE, FALSE = range(5)
"""What kind of value stands in a place."""

_QUOTE, _BACKSLASH, _NEWLINE, _RETURN = 0x22, 0x5C, 0x0A, 0x0D
_MINUS, _PLUS, _POINT, _ZERO, _NINE = 0x2D, 0x2B, 0x2E, 0x30, 0x39
_BLANK, _LOWER_CASE, _FIRST_OF_MANY = 0x20, 0x20, 0x80
_E = 0x65
_FIRST_OF_MANY_BYTE = np.uint8(_FIRST_OF_MANY)
_ENDS = np.uint64(0xFFFF)
_TRUE = np.frombuffer(b"true", np.uint8)
_FALSE = np.frombuffer(b"false", np.uint8)
_NULL = np.frombuffer(b"null", np.uint8)


class Shapes(NamedTuple):
    """Some shapes: `between[begins[shape, n]:ends[shape, n]]` stands before value number n.

    values: how many values each shape has; what stands after the last one comes as one more.
    plain: whether what stands between them is ASCII.
    """

    between: Bytes
    begins: Places
    ends: Places
    values: Places
    plain: NDArray[np.bool_]


class Found(NamedTuple):
    """Where lines and values lie, a row a line; filled by `scan`.

    begins, ends: of lines, without line ends. shape: UNMATCHED, or the line's shape. plain:
    whether the line is ASCII. first, last, kind: by value and row, places in the bytes that were
    scanned; texts without their quotes.
    """

    begins: Places
    ends: Places
    shape: NDArray[np.int16]
    plain: NDArray[np.bool_]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    kind: NDArray[np.uint8]

    def begin(self, rows: int) -> Found:
        """The first so many rows."""
        return Found(
            self.begins[:rows],
            self.ends[:rows],
            self.shape[:rows],
            self.plain[:rows],
            self.first[:, :rows],
            self.last[:, :rows],
            self.kind[:, :rows],
        )


def room(lines: int, values: int) -> Found:
    """Room for so many lines with at most so many values.

    It is not cleared: for each line that is read all is written that its shape has, and clearing
    room for the most values takes longer than writing those there are.
    """
    return Found(
        np.empty(lines, np.uint64),
        np.empty(lines, np.uint64),
        np.full(lines, UNMATCHED, np.int16),
        np.zeros(lines, np.bool_),
        np.empty((values, lines), np.int32),
        np.empty((values, lines), np.int32),
        np.empty((values, lines), np.uint8),
    )


@compiled
def _begins_with(
    data: Bytes, at: Place, end: Place, word: Bytes, first: Place, last: Place
) -> bool:
    if at + last - first > end:
        return False
    place = first
    while place < last:
        if at + WIDTH <= end and place + WIDTH <= Place(len(word)):
            unlike = unlike_wide(data, at, word, place)
            if unlike and first_mark(unlike) < last - place:
                return False
            at += WIDTH
            place += WIDTH
        else:
            if data[at] != word[place]:
                return False
            at += ONE
            place += ONE
    return True


@compiled
def _digits(data: Bytes, at: Place, end: Place) -> Place:
    while at < end and _ZERO <= data[at] <= _NINE:
        at += ONE
    return at


@compiled
def _number(data: Bytes, at: Place, end: Place) -> Place:
    """The end of the JSON number that begins here, NO_PLACE if none does."""
    if data[at] == _MINUS:
        at += ONE
    whole = _digits(data, at, end)
    if whole == at or (data[at] == _ZERO and whole > at + ONE):
        return NO_PLACE
    at = whole
    if at < end and data[at] == _POINT:
        fraction = _digits(data, at + ONE, end)
        if fraction == at + ONE:
            return NO_PLACE
        at = fraction
    if at < end and data[at] | _LOWER_CASE == _E:
        at += ONE
        if at < end and (data[at] == _PLUS or data[at] == _MINUS):
            at += ONE
        exponent = _digits(data, at, end)
        if exponent == at:
            return NO_PLACE
        at = exponent
    return at


@compiled
def _text(data: Bytes, at: Place, end: Place) -> tuple[Place, np.uint8]:
    """The closing quote of a plain text whose first letter is here, and all its bits or-ed.

    NO_PLACE if it has none, or anything that JSON writes in another way. Of the bits only the
    highest of a byte counts, which says that a letter is no ASCII.
    """
    many = np.uint8(0)
    while at + WIDTH <= end:
        marks = text_marks(data, at)
        stop = min(first_mark(marks & _ENDS), WIDTH)
        if (marks >> WIDTH) & ((ONE << stop) - ONE):
            many = _FIRST_OF_MANY_BYTE
        at += stop
        if stop < WIDTH:
            return (at if data[at] == _QUOTE else NO_PLACE), many
    while at < end:
        letter = data[at]
        if letter == _QUOTE:
            return at, many
        if letter == _BACKSLASH or letter < _BLANK:
            break
        many |= letter
        at += ONE
    return NO_PLACE, many


@compiled
def _word(data: Bytes, at: Place, end: Place) -> tuple[int, Place]:
    """Which word stands here, and its end; NO_PLACE if none of the three does."""
    none, four, five = Place(0), Place(4), Place(5)
    if _begins_with(data, at, end, _NULL, none, four):
        return NULL, at + four
    if _begins_with(data, at, end, _TRUE, none, four):
        return TRUE, at + four
    if _begins_with(data, at, end, _FALSE, none, five):
        return FALSE, at + five
    return NULL, NO_PLACE


@compiled
def _read_line(
    data: Bytes, at: Place, end: Place, shapes: Shapes, shape: Place, found: Found, row: Place
) -> Place:
    """Read one line by one shape; where it ends, NO_PLACE if it has not that shape."""
    many = np.uint8(0)
    values = Place(shapes.values[shape])
    for number in range(values):
        first, last = shapes.begins[shape, number], shapes.ends[shape, number]
        if not _begins_with(data, at, end, shapes.between, first, last):
            return NO_PLACE
        at += last - first
        if at >= end:
            return NO_PLACE
        kind, begin, letter = TEXT, at, data[at]
        if letter == _QUOTE:
            begin = at + ONE
            stop, letters = _text(data, begin, end)
            many |= letters
            at = stop + ONE
        elif letter == _MINUS or _ZERO <= letter <= _NINE:
            kind = NUMBER
            at = stop = _number(data, at, end)
        else:
            kind, stop = _word(data, at, end)
            at = stop
        if stop == NO_PLACE:
            return NO_PLACE
        found.first[number, row] = begin
        found.last[number, row] = stop
        found.kind[number, row] = kind
    first, last = shapes.begins[shape, values], shapes.ends[shape, values]
    if not _begins_with(data, at, end, shapes.between, first, last):
        return NO_PLACE
    found.plain[row] = many < _FIRST_OF_MANY and shapes.plain[shape]
    return Place(at + last - first)


@compiled
def _line_end(data: Bytes, at: Place, end: Place) -> Place:
    while at < end and data[at] != _NEWLINE:
        at += ONE
    return at


@compiled
def scan(
    data: Bytes, begin: int, first_row: int, unmatched: int, shapes: Shapes, found: Found
) -> tuple[int, int]:
    """Read the lines from the byte `begin` on into the rows from `first_row` on.

    Where it stopped: the next byte and the next row. It stops at the end of the data, when there
    is no more room, or after so many lines that have no shape.
    """
    at, end = Place(begin), Place(len(data))
    row, rows = Place(first_row), Place(len(found.begins))
    tried, many = Place(0), Place(len(shapes.values))
    while at < end and row < rows and unmatched > 0:
        stop = NO_PLACE
        for turn in range(many):
            # Neighbouring lines tend to have the same shape: begin with the last one's.
            shape = (tried + turn) % many
            stop = _read_line(data, at, end, shapes, shape, found, row)
            if stop != NO_PLACE:
                tried = shape
                break
        line_end = stop
        if stop < end and data[stop] == _RETURN:
            stop += ONE
        if stop < end and data[stop] != _NEWLINE:
            stop = NO_PLACE
        if stop == NO_PLACE:
            unmatched -= 1
            found.shape[row] = UNMATCHED
            stop = line_end = _line_end(data, at, end)
            if stop > at and data[stop - ONE] == _RETURN:
                line_end = stop - ONE
        else:
            found.shape[row] = tried
        found.begins[row] = at
        found.ends[row] = line_end
        row += ONE
        at = stop + ONE
    return int(min(at, end)), int(row)
