"""The statements of a search, one for each place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin.engine.search.access import may_see_several
from tocsin.engine.search.audience_index import audience_index
from tocsin.engine.search.clauses import ALWAYS, NEVER, Clause, all_of, any_of, quoted
from tocsin.engine.search.conditions import Condition, clause_of
from tocsin.engine.search.database import Statement
from tocsin.engine.search.fields import Fields
from tocsin.engine.search.stored import Stored, stored_columns
from tocsin.engine.search.values import Mark, Order, Place
from tocsin.model.columns import Column, ColumnKind

_FILE = "read_parquet(?, file_row_number = true, hive_partitioning = false)"


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
    """Places of one unit on several days, in order, that one statement reads; and what is meant.

    Opening thirty files in one statement costs a fraction of thirty statements.
    """

    places: tuple[Place, ...]
    meant: Clause

    @property
    def files(self) -> list[str]:
        """Their files, in order."""
        return [str(each.rows) for each in self.places]


def groups_of(places: Iterable[Place], asked: Asked) -> list[Group]:
    """The places, in groups of those that are read alike, and which of their rows are meant.

    Those that have none are left out.
    """
    alike: dict[tuple[object, ...], list[Place]] = {}
    for place in places:
        own = (place.day,) if place.cut else ()
        key = (place.unit, place.without, stored_in(place, asked).present, *own)
        alike.setdefault(key, []).append(place)
    groups = [Group(tuple(each), _meant(each, asked)) for each in alike.values()]
    return [each for each in groups if each.meant != NEVER]


def _meant(places: Sequence[Place], asked: Asked) -> Clause:
    stored, report_type = stored_in(places[0], asked), places[0].report_type
    wanted = clause_of(asked.conditions, report_type, asked.fields, stored)
    if wanted == NEVER:
        return NEVER
    indexes = [audience_index(each.rows, each.audiences, each.index) for each in places]
    return all_of([may_see_several(places, indexes), wanted])


def finding(group: Group, order: Order, after: Mark | None, most: int) -> Statement:
    """Where the first rows are that are meant: columns file (its number), moment, id, row."""
    meant = all_of([group.meant, *_behind_in(group, order, after)])
    way = "DESC" if order is Order.DESCENDING else "ASC"
    return Statement(
        'SELECT file_index AS file, epoch_us("timestamp") AS moment, _id AS id, '
        f'file_row_number AS "row" FROM {_FILE} WHERE {meant.text} '
        f'ORDER BY file, moment {way}, id {way}, "row" {way} LIMIT {int(most)}',
        (group.files, *meant.parameters),
    )


def _behind_in(group: Group, order: Order, after: Mark | None) -> Iterator[Clause]:
    for number, place in enumerate(group.places):
        if after is not None and after.day == place.day:
            yield any_of([Clause("file_index <> ?", (number,)), _behind(place, order, after)])


def _behind(place: Place, order: Order, after: Mark | None) -> Clause:
    """That a row comes after a mark. Whether the whole day does has been looked at."""
    if after is None or after.day != place.day:
        return ALWAYS
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


def fetching(place: Place, rows: Sequence[int], stored: Stored) -> Statement:
    """The cells of some rows of a place's file: `row`, and the report's columns by number."""
    cells = [
        f"{_shown(column, name)} AS c{number}"
        for number, column in enumerate(place.report_type.columns)
        if (name := stored.name(column.name))
    ]
    columns, listed = ", ".join(['file_row_number AS "row"', *cells]), sorted(rows)
    return Statement(
        f"SELECT {columns} FROM {_FILE} "
        "WHERE file_row_number BETWEEN ? AND ? "
        "AND file_row_number IN (SELECT unnest(CAST(? AS BIGINT[])))",
        (str(place.rows), listed[0], listed[-1], listed),
    )


def _shown(column: Column, name: str) -> str:
    """A cell as it is taken out of the file: times as numbers, which mean the same anywhere."""
    return f"epoch_us({quoted(name)})" if column.kind is ColumnKind.TIME else quoted(name)


def counting(group: Group, column: Column, name: str, most: int) -> Statement:
    """How often each value of a column occurs among the rows that are meant: value, count.

    Of a list each item counts. At most `most` values: whoever gets so many knows too little.
    """
    cell = quoted(name)
    if column.kind is ColumnKind.TIME:
        cell = f"epoch_us({cell}) // 1000000"
    elif column.kind is ColumnKind.LIST:
        cell = f"unnest(list_distinct(string_split({cell}, ';')))"
    return Statement(
        f'SELECT value, count(*) AS "count" FROM '
        f"(SELECT {cell} AS value FROM {_FILE} WHERE {group.meant.text}) "
        "WHERE value IS NOT NULL AND CAST(value AS VARCHAR) <> '' "
        f"GROUP BY value LIMIT {int(most)}",
        (group.files, *group.meant.parameters),
    )


def adding_up(group: Group) -> Statement:
    """How many rows of a group are meant: count."""
    return Statement(
        f'SELECT count(*) AS "count" FROM {_FILE} WHERE {group.meant.text}',
        (group.files, *group.meant.parameters),
    )
