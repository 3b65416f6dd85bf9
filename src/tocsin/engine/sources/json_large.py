"""A large slice of NDJSON: lines of known shapes read by compiled loops, all others exactly.

What comes out is what reading line by line gives, but for the order of the rows in a group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.kernels.flat_lines import (
    NULL,
    NUMBER,
    TEXT,
    TRUE,
    UNMATCHED,
    room,
    scan,
)
from tocsin.engine.kernels.texts import text_array
from tocsin.engine.sources.json_rows import JsonObject, read_object
from tocsin.engine.sources.json_shapes import MOST_VALUES, KnownShapes
from tocsin.engine.sources.raw import MOST_RECORD_BYTES, MOST_REJECT_BYTES

_LOOK_AT = 32
"""After so many lines of no known shape it is tried to learn theirs."""
_MOST_LOOKS = 256


class LargeSlice:
    """The lines of a slice's bytes, and which of them have a known shape.

    `begin`: where the first line begins. Row numbers count lines, blank ones too.
    """

    def __init__(self, content: bytes, begin: int, lines: int) -> None:
        self.content = content
        self.data = np.frombuffer(content, np.uint8)
        self.shapes = KnownShapes()
        self.rows = 0
        self._found = room(lines, MOST_VALUES)
        self._scan(begin)
        self.found = self._found.begin(self.rows)
        self._leave_to_exact_reader()

    def line(self, row: int) -> bytes:
        """The bytes of a line, without its end."""
        return self.content[int(self.found.begins[row]) : int(self.found.ends[row])]

    @property
    def unmatched(self) -> NDArray[np.int64]:
        """The rows whose lines must be read exactly, blank ones among them."""
        return np.flatnonzero(self.found.shape == UNMATCHED)

    def leave(self, rows: NDArray[np.int64]) -> None:
        """Have these rows read exactly, although their lines have a known shape."""
        self.found.shape[rows] = UNMATCHED

    def _scan(self, at: int) -> None:
        looks = 0
        while at < len(self.content):
            unmatched = _LOOK_AT if looks < _MOST_LOOKS and not self.shapes.full else 1 << 62
            first = self.rows
            at, self.rows = scan(self.data, at, first, unmatched, self.shapes.arrays(), self._found)
            if unmatched == _LOOK_AT:
                looks += 1
                learnt = self._learn(first)
                if learnt >= 0:
                    # From there on again: neighbours of that line have its shape as well.
                    at, self.rows = int(self._found.begins[learnt]), learnt

    def _learn(self, first: int) -> int:
        """Learn from the unmatched lines from `first` on; the row of the first new shape, or -1."""
        learnt = -1
        rows = np.flatnonzero(self._found.shape[first : self.rows] == UNMATCHED) + first
        for row in rows.tolist():
            line = self.content[int(self._found.begins[row]) : int(self._found.ends[row])]
            value = _plain_object(line)
            if value is not None and self.shapes.learn(line.decode(), value) and learnt < 0:
                learnt = row
        return learnt

    def _leave_to_exact_reader(self) -> None:
        """What a line's shape does not tell: whether it is UTF-8, and short enough."""
        found = self.found
        self.leave(np.flatnonzero(found.ends - found.begins > MOST_RECORD_BYTES))
        for row in np.flatnonzero(~found.plain & (found.shape != UNMATCHED)).tolist():
            try:
                self.line(row).decode()
            except UnicodeDecodeError:
                found.shape[row] = UNMATCHED

    def records(self) -> tuple[NDArray[np.bool_], NDArray[np.uint64], NDArray[np.uint64]]:
        """Which rows are records, and where in the content each record begins and ends.

        A record that is too long counts by its beginning, as it does for the survey.
        """
        found = self.found
        records = np.ones(self.rows, np.bool_)
        records[[row for row in self.unmatched.tolist() if _is_blank(self.line(row))]] = False
        begins, ends = found.begins[records], found.ends[records]
        overlong = ends - begins > MOST_RECORD_BYTES
        return records, begins, np.where(overlong, begins + np.uint64(MOST_REJECT_BYTES), ends)

    def shaped(self) -> Iterator[ShapedRows]:
        """The rows of each shape."""
        for number, keys in enumerate(self.shapes.keys):
            rows = np.flatnonzero(self.found.shape == number)
            if len(rows):
                yield ShapedRows(self, keys, rows)


@dataclass(frozen=True)
class ShapedRows:
    """The rows whose lines have one shape, and what stands under its keys."""

    slice: LargeSlice
    keys: tuple[str, ...]
    rows: NDArray[np.int64]

    def kinds(self, key: str) -> NDArray[np.uint8]:
        """What kind of value each row has."""
        kinds: NDArray[np.uint8] = self.slice.found.kind[self.keys.index(key)][self.rows]
        return kinds

    def texts(self, key: str, *, empty_is_absent: bool = False) -> pa.Array:
        """The values as texts, null for null."""
        place, found = self.keys.index(key), self.slice.found
        first, last = found.first[place], found.last[place]
        absent = found.kind[place] == NULL
        if empty_is_absent:
            absent |= first == last
        return text_array(self.slice.data, first, last, absent, self.rows.astype(np.uint64))

    def of(self, rows: NDArray[np.int64]) -> ShapedRows:
        """Others of the slice's rows, with the same shape."""
        return ShapedRows(self.slice, self.keys, rows)

    def said(self, key: str) -> tuple[list[str | None], NDArray[np.int64]]:
        """The distinct words that stand as texts under a key, and the number of each row's.

        What is no text counts as None.
        """
        texts = self.texts(key)
        if not (self.kinds(key) == TEXT).all():
            texts = pc.if_else(pa.array(self.kinds(key) == TEXT), texts, None)
        encoded = texts.dictionary_encode(null_encoding="encode")
        return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)

    def confirmed(self, key: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Where the value is true, and where it is neither true, false nor null."""
        if key not in self.keys:
            none = np.zeros(len(self.rows), np.bool_)
            return none, none
        kinds = self.kinds(key)
        return kinds == TRUE, (kinds == TEXT) | (kinds == NUMBER)


def _plain_object(line: bytes) -> JsonObject | None:
    """The object of a line that is fit to learn from."""
    if len(line) > MOST_RECORD_BYTES:
        return None
    try:
        value = read_object(line.decode())
    except UnicodeDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _is_blank(line: bytes) -> bool:
    return not line or (line.isspace() and len(line) <= MOST_RECORD_BYTES)
