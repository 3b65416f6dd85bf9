"""Finding rows, and counting values, over many places.

Rows come day by day, so that a search for the first thousand ends with the day that has them. Where
the index of a night tells all that is asked, no file is read to find them; where it tells a part,
lines are, as long as these are few; of other files only what the question is about. The whole of a
row is read only if it is given out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from tocsin.engine.search.cells import time_text
from tocsin.engine.search.conditions import takes_type
from tocsin.engine.search.database import Budget, Database
from tocsin.engine.search.fields import TYPE
from tocsin.engine.search.indexed import in_order, indexed
from tocsin.engine.search.line_values import rows_themselves, values_of
from tocsin.engine.search.line_walk import Walk
from tocsin.engine.search.night_search import COUNTED, Sought, count_rows, first_marks, with_rows
from tocsin.engine.search.night_terms import part_of
from tocsin.engine.search.statements import (
    Asked,
    Group,
    adding_up,
    counting,
    finding,
    groups_of,
    stored_in,
)
from tocsin.engine.search.values import Cell, Mark, Order, Place, Row
from tocsin.engine.search.whole_rows import whole_rows
from tocsin.model.columns import ColumnKind
from tocsin.model.errors import UsageError

MOST_VALUES = 500_000
"""So many different values of a column are counted at most."""

_AT_ONCE = 8
"""Of so many statements the values are held at a time."""


def find_rows(
    database: Database,
    places: Iterable[Place],
    asked: Asked,
    budget: Budget,
    *,
    order: Order,
    most: int,
    skip: int = 0,
    after: Mark | None = None,
) -> list[Row]:
    """The rows that are asked for, in order: at most `most` behind the first `skip`.

    after: only those that come after it. Errors as of Database.run.
    """
    by_mark: dict[Mark, Place] = {}
    walk = Walk(database, asked, budget)
    for here in _spans(_days(places, order, after)):
        wanted = skip + most - len(by_mark)
        marks = _marks_of(database, here, asked, budget, walk, order, after, wanted)
        by_mark.update(marks)
        if len(by_mark) >= skip + most:
            break
    given = dict(list(by_mark.items())[skip : skip + most])
    return whole_rows(database, given, asked, budget)


def _spans(days: Iterable[list[Place]]) -> Iterator[list[Place]]:
    """The places of one day, then of two, of four, and so on: few rows may lie anywhere."""
    rest, size = list(days), 1
    while rest:
        yield [place for day in rest[:size] for place in day]
        rest, size = rest[size:], 2 * size


def _days(places: Iterable[Place], order: Order, after: Mark | None) -> Iterator[list[Place]]:
    """The places of each day, in the order of days, without the days before the mark."""
    backwards = order is Order.DESCENDING
    ordered = sorted(places, key=lambda each: (each.day, each.unit.stem), reverse=backwards)
    for day, group in groupby(ordered, key=lambda each: each.day):
        before = after is not None and (day > after.day if backwards else day < after.day)
        if not before:
            yield list(group)


def _marks_of(
    database: Database,
    places: Sequence[Place],
    asked: Asked,
    budget: Budget,
    walk: Walk,
    order: Order,
    after: Mark | None,
    wanted: int,
) -> dict[Mark, Place]:
    """The first rows of some days, in order."""
    nights, by_line, others = indexed(places, asked)
    found: list[tuple[Mark, Place]] = []
    for night in nights:
        found += first_marks(night, order, after, wanted)
        if len(found) >= wanted:
            break
    met, left = walk.first_met(by_line, order, after, wanted)
    found += met
    groups = _groups(in_order(places, [*others, *left]), asked)
    statements = [finding(group, order, after, wanted) for group in groups]
    for group, table in zip(groups, database.run(statements, budget), strict=True):
        columns = [table.column(name).to_pylist() for name in ("file", "moment", "id", "row")]
        for file, moment, identifier, row in zip(*columns, strict=True):
            place = group.places[file]
            found.append((Mark(place.day, moment, identifier, place.unit.stem, row), place))
    found.sort(key=lambda each: each[0], reverse=order is Order.DESCENDING)
    return dict(found[:wanted])


def _groups(places: Iterable[Place], asked: Asked) -> list[Group]:
    return groups_of(
        [each for each in places if takes_type(asked.conditions, each.report_type)], asked
    )


def count_values(
    database: Database, places: Sequence[Place], asked: Asked, field: str, budget: Budget
) -> list[tuple[Cell, int]]:
    """The values of a field among the rows that are asked for, and how often each occurs.

    The most frequent first, and then by value. UsageError for more values than MOST_VALUES.
    """
    if field == TYPE:
        counts = _by_type(database, places, asked, budget)
    else:
        counts = _by_column(database, places, asked, field, budget)
    return sorted(counts.items(), key=lambda each: (-each[1], str(each[0])))


def _by_type(
    database: Database, places: Sequence[Place], asked: Asked, budget: Budget
) -> Counter[Cell]:
    counts: Counter[Cell] = Counter()
    nights, by_line, others = indexed(places, asked)
    for night in nights:
        counts.update(count_rows(night, TYPE, ""))
    rows, left = Walk(database, asked, budget).counted(by_line, rows_themselves)
    for place, told in rows:
        if told:
            counts[place.report_type.id] += told.total()
    groups = _groups(in_order(places, [*others, *left]), asked)
    tables = database.run([adding_up(each) for each in groups], budget)
    for group, table in zip(groups, tables, strict=True):
        found = (table.column(name).to_pylist() for name in ("file", "count"))
        for file, count in zip(*found, strict=True):
            counts[group.places[file].report_type.id] += count
    return counts


def places_with_rows(
    database: Database, places: Sequence[Place], asked: Asked, budget: Budget
) -> list[Place]:
    """Those of the places that have a row that is asked for. Errors as of Database.run."""
    nights, by_line, others = indexed(places, asked)
    found = [place for night in nights for place in with_rows(night)]
    rows, left = Walk(database, asked, budget).counted(by_line, rows_themselves)
    found += [place for place, told in rows if told]
    groups = _groups(in_order(places, [*others, *left]), asked)
    tables = database.run([adding_up(each) for each in groups], budget)
    for group, table in zip(groups, tables, strict=True):
        found += [group.places[file] for file in table.column("file").to_pylist()]
    return found


def _by_column(
    database: Database, places: Sequence[Place], asked: Asked, field: str, budget: Budget
) -> Counter[Cell]:
    counts: Counter[Cell] = Counter()
    by_line: list[Sought] = []
    rest: list[Place] = []
    for part, those in _by_part(places, asked, field).items():
        told = indexed(those, asked)
        by_line += told.by_line
        rest += told.others
        if part not in COUNTED:
            by_line += told.told
            continue
        for night in told.told:
            counts.update(count_rows(night, field, part))
    rows, left = Walk(database, asked, budget).counted(by_line, values_of(field, asked))
    for _, found in rows:
        counts.update(found)
    rest = in_order(places, [*rest, *left])
    if len(counts) > MOST_VALUES:
        raise _too_many(field)
    statements = [
        (kind, counting(group, kind, name, MOST_VALUES + 1))
        for (kind, name, _), those in _with_column(rest, asked, field).items()
        for group in _groups(those, asked)
    ]
    for start in range(0, len(statements), _AT_ONCE):
        batch = statements[start : start + _AT_ONCE]
        tables = database.run([statement for _, statement in batch], budget)
        for (kind, _), table in zip(batch, tables, strict=True):
            as_value = _seconds if kind is ColumnKind.TIME else _same
            values = (table.column(name).to_pylist() for name in ("value", "count"))
            for value, count in zip(*values, strict=True):
                counts[as_value(value)] += count
            if len(counts) > MOST_VALUES:
                raise _too_many(field)
    return counts


def _by_part(places: Iterable[Place], asked: Asked, field: str) -> dict[str, list[Place]]:
    """The places that have a field, by the part of an index that it is in."""
    found: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        column = asked.fields.column(field, place.report_type)
        if column is not None:
            found[part_of(column, place.report_type)].append(place)
    return found


def _with_column(
    places: Iterable[Place], asked: Asked, field: str
) -> dict[tuple[ColumnKind, str, str], list[Place]]:
    """The places that have a field, by its kind, and by its name and how it is kept in the file."""
    found: dict[tuple[ColumnKind, str, str], list[Place]] = defaultdict(list)
    for place in places:
        column = asked.fields.column(field, place.report_type)
        stored = stored_in(place, asked)
        name = stored.name(column.name) if column else ""
        if column is not None and name:
            found[column.kind, name, stored.kinds[name]].append(place)
    return found


def _same(value: Cell) -> Cell:
    return value


def _seconds(value: Cell) -> Cell:
    return time_text(int(value or 0))


def _too_many(field: str) -> UsageError:
    return UsageError(
        f"{field} has more than {MOST_VALUES:,} different values among these rows",
        todo="ask for fewer days, for one report type, or count another field",
    )
