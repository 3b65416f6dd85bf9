"""Reading the whole of rows that were found: one statement for files of several types and days."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tocsin.engine.search.cells import shown
from tocsin.engine.search.clauses import quoted
from tocsin.engine.search.database import Budget, Database, Statement
from tocsin.engine.search.pack_rows import rows_by_line
from tocsin.engine.search.statements import FILES, Asked, stored_in
from tocsin.engine.search.values import Cell, Mark, Place, Row
from tocsin.model.columns import Column, ColumnKind

MOST_FILES, MOST_COLUMNS = 16, 400
"""So many files, and about so many different columns, one statement reads at most."""

MANY = 4
"""So many files of a type have a statement of their own."""

_Key = tuple[dt.date, str]


@dataclass
class _Part:
    """Places that one statement reads, and of each the numbers of its rows.

    mixed: whether their columns differ. kinds: how each column is kept. numbers: of each column
    as it is given out.
    """

    places: list[Place] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    mixed: bool = False

    def takes(self, kinds: Mapping[str, str]) -> bool:
        """Whether there is room, and no column of the same name is kept otherwise."""
        if not self.places:
            return True
        full = len(self.places) >= MOST_FILES or len(self.kinds) >= MOST_COLUMNS
        return not full and all(self.kinds.get(name, kind) == kind for name, kind in kinds.items())

    def add(self, place: Place, kinds: Mapping[str, str], columns: Sequence[str]) -> None:
        """Read one more file; columns: as they are given out."""
        self.mixed = self.mixed or (bool(self.places) and kinds != self.kinds)
        self.places.append(place)
        self.kinds.update(kinds)
        for each in columns:
            self.numbers.setdefault(each, len(self.numbers))


def whole_rows(
    database: Database, given: Mapping[Mark, Place], asked: Asked, budget: Budget
) -> list[Row]:
    """The rows at some marks, in the same order. Errors as of Database.run."""
    by_line = dict(rows_by_line(given, asked.aliases))
    others = {mark: place for mark, place in given.items() if mark not in by_line}
    found = by_line | _out_of_columns(database, others, asked, budget)
    return [found[mark] for mark in given]


def _out_of_columns(
    database: Database, given: Mapping[Mark, Place], asked: Asked, budget: Budget
) -> dict[Mark, Row]:
    """The rows at some marks, out of the published files."""
    rows: dict[_Key, list[int]] = defaultdict(list)
    places: dict[_Key, Place] = {}
    for mark, place in given.items():
        rows[mark.day, mark.stem].append(mark.row)
        places[mark.day, mark.stem] = place
    parts = list(_parts(places, asked))
    statements = [_fetching(each, rows) for each in parts]
    cells: dict[tuple[_Key, int], dict[str, Cell]] = {}
    for part, table in zip(parts, database.run(statements, budget), strict=True):
        cells.update(_cells(part, table, asked))
    return {
        mark: Row(
            mark, place.report_type, place.unit.delayed, cells[(mark.day, mark.stem), mark.row]
        )
        for mark, place in given.items()
    }


def _parts(places: Mapping[_Key, Place], asked: Asked) -> Iterator[_Part]:
    """The places in parts: many of one type by themselves, as that is read faster."""
    by_type: dict[str, list[Place]] = defaultdict(list)
    for _, place in sorted(places.items(), key=lambda each: each[0]):
        by_type[place.report_type.id].append(place)
    many = [some for some in by_type.values() if len(some) >= MANY]
    few = [each for some in by_type.values() if len(some) < MANY for each in some]
    for some in (*many, few):
        part = _Part()
        for place in some:
            stored = stored_in(place, asked)
            if not part.takes(stored.kinds):
                yield part
                part = _Part()
            part.add(place, stored.kinds, [said for _, said in _columns(place, asked)])
        if part.places:
            yield part


def _columns(place: Place, asked: Asked) -> Iterator[tuple[Column, str]]:
    """The columns of a place's report that its file has, and how they are given out.

    Times are given out as numbers, which mean the same anywhere.
    """
    stored = stored_in(place, asked)
    for column in place.report_type.columns:
        if name := stored.name(column.name):
            is_time = column.kind is ColumnKind.TIME
            yield column, f"epoch_us({quoted(name)})" if is_time else quoted(name)


def _fetching(part: _Part, rows: Mapping[_Key, Sequence[int]]) -> Statement:
    cells = [f"{said} AS c{number}" for said, number in part.numbers.items()]
    columns = ", ".join(["file_index AS file", 'file_row_number AS "row"', *cells])
    by_file = [rows[each.day, each.unit.stem] for each in part.places]
    files = [number for number, some in enumerate(by_file) for _ in some]
    listed = [row for some in by_file for row in some]
    source = FILES[:-1] + ", union_by_name = true)" if part.mixed else FILES
    return Statement(
        f"SELECT {columns} FROM {source} "
        "WHERE file_row_number BETWEEN ? AND ? AND (file_index, file_row_number) IN "
        "(SELECT (unnest(CAST(? AS UBIGINT[])), unnest(CAST(? AS BIGINT[]))))",
        ([str(each.rows) for each in part.places], min(listed), max(listed), files, listed),
    )


def _cells(
    part: _Part, table: pa.Table, asked: Asked
) -> Iterator[tuple[tuple[_Key, int], dict[str, Cell]]]:
    """The cells of each row of a part, by where it is."""
    files, rows = (table.column(name).to_pylist() for name in ("file", "row"))
    by_file: dict[int, list[int]] = defaultdict(list)
    for place_in_table, file in enumerate(files):
        by_file[file].append(place_in_table)
    columns = [table.column(f"c{number}").to_pylist() for number in range(len(part.numbers))]
    for file, theirs in by_file.items():
        place = part.places[file]
        empty: dict[str, Cell] = dict.fromkeys(place.report_type.column_names)
        here = [(column, columns[part.numbers[said]]) for column, said in _columns(place, asked)]
        for each in theirs:
            cells = {column.name: shown(told[each], column.kind) for column, told in here}
            yield ((place.day, place.unit.stem), rows[each]), empty | cells
