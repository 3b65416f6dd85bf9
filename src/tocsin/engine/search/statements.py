"""The statements of a search, one for each group of places that are read alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin.catalogue.entries import SubjectKind
from tocsin.engine.search.access import may_see
from tocsin.engine.search.audience_index import audience_index
from tocsin.engine.search.clauses import NEVER, Clause, all_of, any_of, quoted
from tocsin.engine.search.conditions import Condition, clause_of
from tocsin.engine.search.database import Statement
from tocsin.engine.search.fields import Fields
from tocsin.engine.search.stored import Stored, stored_columns
from tocsin.engine.search.subjects import may_have
from tocsin.engine.search.values import Mark, Order, Place
from tocsin.model.columns import ColumnKind

MOST_FILES = 200
"""So many files are read by one statement at most: it holds a thread until it ends."""

FILES = "read_parquet(?, file_row_number = true, hive_partitioning = false)"


@dataclass(frozen=True, slots=True)
class Asked:
    """What all statements of a search have in common.

    aliases: older name -> name of a column, of the whole catalogue.
    """

    conditions: Sequence[Condition]
    fields: Fields
    aliases: Mapping[str, str]


def stored_in(place: Place, asked: Asked) -> Stored:
    """The columns of a place's file."""
    return stored_columns(place.rows, place.report_type, asked.aliases)


@dataclass(frozen=True, slots=True)
class Group:
    """Places in order, of any units and days, that one statement reads; and what is meant there.

    To understand a statement takes as long as to look into ten files, so that there are few.
    """

    places: tuple[Place, ...]
    meant: Clause

    @property
    def files(self) -> list[str]:
        """Their files, in order."""
        return [str(each.rows) for each in self.places]


def groups_of(places: Iterable[Place], asked: Asked) -> list[Group]:
    """The places, in groups in which the same words mean their rows; each keeps the order.

    Those that have no such rows are left out.
    """
    alike: dict[tuple[object, ...], tuple[Clause, list[Place]]] = {}
    for place in places:
        if not may_have(place, asked.conditions, asked.fields):
            continue
        stored, report_type = stored_in(place, asked), place.report_type
        wanted = clause_of(asked.conditions, report_type, asked.fields, stored)
        if wanted != NEVER:
            prefixes = report_type.subject.kind is SubjectKind.PREFIX
            key = (
                wanted, place.without, place.cut, prefixes and bool(place.cut),
                _kinds_in(wanted, stored),
            )  # fmt: skip
            alike.setdefault(key, (wanted, []))[1].append(place)
    groups = [
        Group(tuple(some), all_of([_seen(some), wanted]))
        for wanted, those in alike.values()
        for some in in_parts(those, MOST_FILES)
    ]
    return [each for each in groups if each.meant != NEVER]


def _kinds_in(wanted: Clause, stored: Stored) -> tuple[str, ...]:
    """How the columns that a clause names are kept: what is read as one has to be kept alike."""
    names = dict.fromkeys(re.findall(r'"([^"]+)"', wanted.text))
    return tuple(stored.kinds.get(name, "") for name in names)


def in_parts(places: Sequence[Place], size: int) -> Iterator[Sequence[Place]]:
    """The same in order, in parts of at most `size`."""
    for start in range(0, len(places), size):
        yield places[start : start + size]


def _seen(places: Sequence[Place]) -> Clause:
    indexes = [audience_index(each.rows, each.audiences, each.index) for each in places]
    return may_see(places, indexes)


def finding(group: Group, order: Order, after: Mark | None, most: int) -> Statement:
    """Where the first rows are that are meant: columns file (its number), moment, id, row.

    The places of the group have to be in the order of days, and those of a day in that of stems.
    """
    meant = all_of([group.meant, *_behind_in(group, order, after)])
    way = "DESC" if order is Order.DESCENDING else "ASC"
    days = list(dict.fromkeys(each.day for each in group.places))
    return Statement(
        'SELECT file_index AS file, epoch_us("timestamp") AS moment, _id AS id, '
        f'file_row_number AS "row" FROM {FILES} WHERE {meant.text} '
        "ORDER BY list_extract(CAST(? AS INTEGER[]), CAST(file_index AS BIGINT) + 1), "
        f'moment {way}, id {way}, file, "row" {way} LIMIT {int(most)}',
        (group.files, *meant.parameters, [days.index(each.day) for each in group.places]),
    )


def among(group: Group, rows: Sequence[Sequence[int]]) -> Statement:
    """Which of some rows of each file are meant: file (its number), row."""
    files = [number for number, some in enumerate(rows) for _ in some]
    return Statement(
        f'SELECT file_index AS file, file_row_number AS "row" FROM {FILES} '
        f"WHERE {group.meant.text} AND (file_index, file_row_number) IN "
        "(SELECT (unnest(CAST(? AS UBIGINT[])), unnest(CAST(? AS BIGINT[]))))",
        (group.files, *group.meant.parameters, files, [row for some in rows for row in some]),
    )


def _behind_in(group: Group, order: Order, after: Mark | None) -> Iterator[Clause]:
    """For the places of a mark's day, that a row comes after it."""
    if after is None:
        return
    alike: dict[Clause, list[int]] = {}
    for number, place in enumerate(group.places):
        if place.day == after.day:
            alike.setdefault(_behind(place, order, after), []).append(number)
    for clause, numbers in alike.items():
        elsewhere = Clause("NOT list_contains(CAST(? AS UBIGINT[]), file_index)", (numbers,))
        yield any_of([elsewhere, clause])


def _behind(place: Place, order: Order, after: Mark) -> Clause:
    sign = "<" if order is Order.DESCENDING else ">"
    stem = place.unit.stem
    moment, identifier = Clause('epoch_us("timestamp") = ?', (after.moment,)), after.id
    steps = [
        Clause(f'epoch_us("timestamp") {sign} ?', (after.moment,)),
        all_of([moment, Clause(f"_id {sign} ?", (identifier,))]),
    ]
    same = all_of([moment, Clause("_id = ?", (identifier,))])
    if stem == after.stem:
        steps.append(all_of([same, Clause(f"file_row_number {sign} ?", (after.row,))]))
    elif (stem < after.stem) is (order is Order.DESCENDING):
        steps.append(same)
    return any_of(steps)


def counting(group: Group, kind: ColumnKind, name: str, most: int) -> Statement:
    """How often each value of a column occurs among the rows that are meant: value, count.

    Of a list each item counts. At most `most` values: whoever gets so many knows too little.
    """
    cell = quoted(name)
    if kind is ColumnKind.TIME:
        cell = f"epoch_us({cell}) // 1000000"
    elif kind is ColumnKind.LIST:
        cell = f"unnest(list_distinct(string_split({cell}, ';')))"
    return Statement(
        f'SELECT value, count(*) AS "count" FROM '
        f"(SELECT {cell} AS value FROM {FILES} WHERE {group.meant.text}) "
        "WHERE value IS NOT NULL AND CAST(value AS VARCHAR) <> '' "
        f"GROUP BY value LIMIT {int(most)}",
        (group.files, *group.meant.parameters),
    )


def adding_up(group: Group) -> Statement:
    """How many rows are meant of each file that has some: file (its number), count."""
    return Statement(
        f'SELECT file_index AS file, count(*) AS "count" FROM {FILES} '
        f"WHERE {group.meant.text} GROUP BY file_index",
        (group.files, *group.meant.parameters),
    )
