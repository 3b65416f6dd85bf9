"""The rows of one table, each with its line; whatever is no sound table is refused as a whole."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tocsin.model.errors import InputError, Problem
from tocsin.service.texts import harmless

_LONGEST_LINE = 1 << 18
"""Bytes. A cell may have several lines, and no more characters than the reader of the standard
library takes."""

_TODO = "mend the table, or write it once more"


def refused(path: Path, line: int, column: int, what: str, todo: str = _TODO) -> InputError:
    """What a table is refused with. column: of the table, or the byte in a line that is none."""
    problem = Problem(str(path), line, column, harmless(what, 400), todo)
    text = "the tables do not hold together; nothing has been changed"
    return InputError(text, where=str(path.parent), problems=(problem,))


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row. line: on which it begins. cells: in the order of the columns that were asked for.
    places: the number, from 1, that the column of each cell has in the file."""

    line: int
    cells: tuple[str, ...]
    places: tuple[int, ...]


def rows_of(path: Path, columns: Sequence[str]) -> Iterator[TableRow]:
    """The rows of a table, in order.

    InputError if the file is missing, is no UTF-8 or CSV, has other columns or none, or a row has
    more or fewer cells than there are columns.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        what = f"the table cannot be read: {error.strerror}"
        todo = "import the directory with all six tables that the export writes"
        raise refused(path, 0, 0, what, todo) from error
    with stream:
        reader = csv.reader(_lines(stream, path), strict=True)
        header = _next(reader, path, 1)
        order = _order(header or [], columns, path)
        places = tuple(each + 1 for each in order)
        while (row := _next(reader, path, line := reader.line_num + 1)) is not None:
            if not row:
                continue  # a blank line, as editors leave them at the end
            if len(row) != len(order):
                what = f"this row has {len(row)} cells, and the table {len(order)} columns"
                raise refused(path, line, 0, what)
            yield TableRow(line, tuple(row[each] for each in order), places)


def _order(header: list[str], columns: Sequence[str], path: Path) -> list[int]:
    """Where each of the columns stands: an editor may have moved them."""
    said = [each.strip() for each in header]
    for number, name in enumerate(said, 1):
        if name not in columns:
            what, todo = f"there is no column {name[:60]!r}", f"there are {', '.join(columns)}"
        elif said.index(name) != number - 1:
            what, todo = f"the column {name} stands there twice", "leave one out"
        else:
            continue
        raise refused(path, 1, number, what, todo)
    if missing := [each for each in columns if each not in said]:
        what = f"the table has no column {', '.join(missing)}"
        raise refused(path, 1, 0, what, "add what is missing; cells may be empty")
    return [said.index(each) for each in columns]


def _next(reader: Iterator[list[str]], path: Path, line: int) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        what = f"the row that begins here is no CSV: {error}"
        raise refused(path, line, 0, what) from None


def _lines(stream: BinaryIO, path: Path) -> Iterator[str]:
    number = 0
    while raw := stream.readline(_LONGEST_LINE):
        number += 1
        if len(raw) == _LONGEST_LINE and not raw.endswith(b"\n"):
            what = f"this line is longer than {_LONGEST_LINE:,} bytes"
            raise refused(path, number, 0, what)
        if b"\0" in raw:
            what, column = "there is a NUL in this line", raw.index(b"\0") + 1
            raise refused(path, number, column, what)
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            what, todo = "this line is no UTF-8", "save the table as UTF-8"
            raise refused(path, number, error.start + 1, what, todo) from None
