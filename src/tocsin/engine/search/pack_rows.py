"""Whole rows by their lines in packs, where the index of their night tells where those are.

A line tells a row's cells as they are given out: fractions of seconds are cut there and here, and
rows whose line does not tell a cell as it is (one with a line break in it) are not read so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tocsin.catalogue.entries import ReportType
from tocsin.engine.search.night_index import NOWHERE, NightIndex, night_index
from tocsin.engine.search.stored import Stored
from tocsin.engine.search.values import Cell, Mark, Place, Row
from tocsin.model.columns import ColumnKind

_CELL = re.compile(r'("[^"]*(?:""[^"]*)*"|[^",]*)(?:,|$)')
_AT_ONCE = 1 << 12
_LONGEST = 1 << 26
"""Bytes of a line that are read first, and at most."""


def rows_by_line(
    given: Mapping[Mark, Place], aliases: Mapping[str, str]
) -> Iterator[tuple[Mark, Row]]:
    """Those of some rows that can be read so. aliases: older name -> name of a column."""
    for here in lines_of(given):
        place = here.place
        columns = _columns(place, here.columns, aliases)
        for mark, cells in here.cells.items():
            shown = {name: _shown(cells, *each) for name, each in columns}
            yield mark, Row(mark, place.report_type, place.unit.delayed, shown)


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows of a place whose lines tell them: their cells as they are written.

    columns: of the pack, in the order of the cells.
    """

    place: Place
    columns: tuple[str, ...]
    cells: Mapping[Mark, Sequence[str]]


def lines_of(given: Mapping[Mark, Place]) -> Iterator[Lines]:
    """The lines of some rows, place by place, without those of rows that no line tells."""
    places: dict[int, tuple[Place, list[Mark]]] = {}
    for mark, place in given.items():
        places.setdefault(id(place), (place, []))[1].append(mark)
    told = [found for place, marks in places.values() if (found := _told(place, marks))]
    # Of what no memory holds the disk is told first, so that it reads many lines at a time.
    for each in told:
        with _opened(each.pack) as file:
            if file is not None:
                for begin in each.begins.values():
                    os.posix_fadvise(file, begin, _AT_ONCE, os.POSIX_FADV_WILLNEED)
    for each in told:
        with _opened(each.pack) as file:
            if file is not None:
                yield Lines(each.place, each.columns, _read(file, each))


def columns_in(held: Sequence[str], report_type: ReportType, aliases: Mapping[str, str]) -> Stored:
    """A pack's columns by the names of today. aliases: as of rows_by_line."""
    return Stored(dict.fromkeys(held, ""), (report_type.column_aliases, aliases))


@dataclass(frozen=True, slots=True)
class _Told:
    """Rows of a place, by where in its pack their lines begin. columns: of the pack."""

    place: Place
    pack: Path
    columns: tuple[str, ...]
    begins: Mapping[Mark, int]


def _told(place: Place, marks: Sequence[Mark]) -> _Told | None:
    """Which of a place's rows have a line that tells them."""
    index = night_index(place.night)
    number = index.number(place.unit.stem) if index is not None else None
    if index is None or number is None or place.pack is None:
        return None
    begins = _begins(index, number, [each.row for each in marks])
    lines = {mark: begin for mark, begin in zip(marks, begins, strict=True) if begin is not None}
    return _Told(place, place.pack, index.units[number].columns, lines)


@contextmanager
def _opened(pack: Path) -> Iterator[int | None]:
    """A pack's number as an open file; None if it is gone."""
    try:
        file = os.open(pack, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    try:
        yield file
    finally:
        os.close(file)


def _read(file: int, told: _Told) -> dict[Mark, Sequence[str]]:
    lines = (
        (mark, _cells_of(_line(file, begin), len(told.columns)))
        for mark, begin in told.begins.items()
    )
    return {mark: cells for mark, cells in lines if cells is not None}


def _begins(index: NightIndex, number: int, rows: Sequence[int]) -> list[int | None]:
    """Where in the pack the lines of some rows of a unit begin; None where none tells the row."""
    unit = index.units[number]
    postings = index.positions[unit.first + np.array(rows, np.int64)]
    known = postings != NOWHERE
    positions = np.where(known, postings, 0).astype(np.int64)
    lines = index.lines[positions]
    begins = index.group_lines[index.groups_at(positions)] + lines
    told = known & (lines != NOWHERE)
    return [
        each if is_told else None
        for each, is_told in zip(begins.tolist(), told.tolist(), strict=True)
    ]


def _line(file: int, begin: int) -> bytes:
    """The line that begins there, without its end; nothing if there is no end to it."""
    size = _AT_ONCE
    while size <= _LONGEST:
        found = os.pread(file, size, begin)
        end = found.find(b"\n")
        if end >= 0:
            return found[:end]
        if len(found) < size:
            break
        size *= 8
    return b""


def _cells_of(line: bytes, columns: int) -> list[str] | None:
    """The cells as they are written; None if the line has not as many as there are columns."""
    try:
        cells = _CELL.findall(line.decode())
    except UnicodeDecodeError:
        return None
    # Behind a last cell that is not empty, the pattern finds nothing once more.
    if len(cells) == columns + 1 and not cells[-1]:
        cells.pop()
    return cells if len(cells) == columns else None


def _columns(
    place: Place, held: Sequence[str], aliases: Mapping[str, str]
) -> list[tuple[str, tuple[int, bool]]]:
    """The columns of a report, each with its place in a line, or -1, and whether it is a time."""
    stored = columns_in(held, place.report_type, aliases)
    numbers = {name: number for number, name in enumerate(held)}
    return [
        (each.name, (numbers.get(stored.name(each.name), -1), each.kind is ColumnKind.TIME))
        for each in place.report_type.columns
    ]


def _shown(cells: Sequence[str], number: int, is_time: bool) -> Cell:
    said = cells[number] if number >= 0 else ""
    if not said:
        return None
    if said[0] != '"':
        return int(said)
    text = said[1:-1].replace('""', '"')
    return f"{text}Z" if is_time else text
