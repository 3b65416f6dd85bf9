"""Typed columns as the CSV of a report: `docs/reference` promises these bytes.

Text, decimals, booleans, addresses, lists and times are quoted, integers bare, and what is
missing is nothing at all between two commas. A quote is doubled; a line break or a NUL inside a
value becomes a space, since a row is a line. A cell that a spreadsheet would run as a formula
stays as it is: machines read it, and every other rendering escapes it.

The columns are written by Arrow, many rows at a time; `plain_line` says the same of one row in
plain Python, and the tests hold the two equal.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.nightly.coded import Coded, Lines, coded, lines_of, whole
from tocsin.model.columns import Column, ColumnKind

PIECE_ROWS = 65_536
PIECE_BYTES = 1 << 28
"""Rows, and bytes of values, that are written in one go: Arrow's text holds 2 GiB at most, and
quotes at worst double the bytes."""

_HARMFUL = r"[\r\n\x00]"
_LAST_HARMFUL = np.uint8(ord("\r"))
_QUOTE = np.uint8(ord('"'))
_MICROSECONDS = 1_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Cell = str | int | dt.datetime | None
"""A value of a row; times are aware."""


def header_line(columns: Sequence[Column]) -> bytes:
    """The first line of a report, every name quoted."""
    return plain_line([column.name for column in columns]).encode()


def csv_lines(
    table: pa.Table, columns: Sequence[Column], wanted: NDArray[np.bool_] | None = None
) -> Iterator[pa.LargeStringArray]:
    """The rows as CSV lines in order, each with its line end: arrays of text; see csv_pieces."""
    return (lines.texts() for lines in csv_pieces(table, columns, wanted))


def csv_pieces(
    table: pa.Table, columns: Sequence[Column], wanted: NDArray[np.bool_] | None = None
) -> Iterator[Lines]:
    """The same, to be written where they are wanted.

    `columns` are columns of the table, stored as the lake stores their kinds. `wanted`: of which
    rows there shall be a line, `(n,)`; None for all.
    """
    chosen = table.select([column.name for column in columns])
    marks = np.ones(chosen.num_rows, np.bool_) if wanted is None else wanted
    for start in range(0, chosen.num_rows, PIECE_ROWS):
        done = start
        for piece in _small_pieces(chosen.slice(start, PIECE_ROWS)):
            yield _lines(piece, columns, marks[done : done + piece.num_rows])
            done += piece.num_rows


def _small_pieces(table: pa.Table) -> Iterator[pa.Table]:
    if table.nbytes <= PIECE_BYTES or table.num_rows <= 1:
        yield table
        return
    half = table.num_rows // 2
    yield from _small_pieces(table.slice(0, half))
    yield from _small_pieces(table.slice(half))


def _lines(table: pa.Table, columns: Sequence[Column], wanted: NDArray[np.bool_]) -> Lines:
    ends = [*([","] * (len(columns) - 1)), "\n"]
    cells = [
        _cells(whole(table.column(column.name)), column.kind, end)
        for column, end in zip(columns, ends, strict=True)
    ]
    if not wanted.all():
        # Codes are left out for a fraction of what leaving out values takes.
        places = np.flatnonzero(wanted)
        cells = [column.rows(places) for column in cells]
    return lines_of(cells, int(wanted.sum()))


def _cells(values: pa.Array, kind: ColumnKind, end: str) -> Coded:
    """The cells of a column with what stands behind each."""
    if kind is ColumnKind.INTEGER:
        return coded(values.cast(pa.int64()), _digits, distinct=True, end=end)
    if kind is ColumnKind.TIME:
        return coded(_seconds(values), _time_texts, distinct=True, quoted=True, end=end)
    return coded(values, _harmless, distinct=False, quoted=True, end=end)


def _digits(values: pa.Array) -> pa.Array:
    return values.cast(pa.string())


def _seconds(values: pa.Array) -> pa.Array:
    """Fractions cut; floor division cuts before 1970 as well, where a cast would not."""
    counted = values.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    missing = counted.is_null().to_numpy(zero_copy_only=False)
    seconds = counted.fill_null(0).to_numpy(zero_copy_only=False) // np.int64(_MICROSECONDS)
    return pa.array(seconds, mask=missing)


def _time_texts(seconds: pa.Array) -> pa.Array:
    return seconds.cast(pa.timestamp("s")).cast(pa.string())


def _harmless(texts: pa.Array) -> pa.Array:
    # Nearly no column holds such characters, and looking at bytes is cheaper than replacing.
    content = _bytes_of(texts)
    if bool((content <= _LAST_HARMFUL).any()):
        texts = pc.replace_substring_regex(texts, _HARMFUL, " ")
    if bool((content == _QUOTE).any()):
        texts = pc.replace_substring(texts, '"', '""')
    return texts


def _bytes_of(texts: pa.Array) -> NDArray[np.uint8]:
    """The bytes of an array of texts, those of nulls among them."""
    _, offsets, content = texts.buffers()
    if content is None or not len(texts):
        return np.zeros(0, np.uint8)
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    bounds = np.frombuffer(offsets, width)
    first, last = bounds[texts.offset], bounds[texts.offset + len(texts)]
    return np.frombuffer(content, np.uint8)[first:last]


def plain_line(cells: Sequence[Cell]) -> str:
    """One row as a CSV line with its line end, written in the plainest way."""
    return ",".join(_plain_cell(cell) for cell in cells) + "\n"


def _plain_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, dt.datetime):
        seconds = (cell - _EPOCH) // dt.timedelta(seconds=1)
        cut = _EPOCH + dt.timedelta(seconds=seconds)
        return '"' + cut.replace(tzinfo=None).isoformat(sep=" ") + '"'
    harmless = cell.replace("\r", " ").replace("\n", " ").replace("\x00", " ")
    return '"' + harmless.replace('"', '""') + '"'
