"""What is counted of a line in a pack: the values of a column, or that there is such a row."""

from __future__ import annotations

from collections.abc import Callable

from tocsin.engine.search.cells_hold import number_of, text_of
from tocsin.engine.search.line_walk import Values
from tocsin.engine.search.pack_rows import Lines, columns_in
from tocsin.engine.search.statements import Asked
from tocsin.model.columns import ColumnKind


def rows_themselves(_: Lines) -> Values:
    """Each row counts."""
    return lambda _: (None,)


def values_of(field: str, asked: Asked) -> Callable[[Lines], Values]:
    """The value that a row has in a field; of a list each item once. What is empty has none."""

    def of_lines(here: Lines) -> Values:
        report_type = here.place.report_type
        column = asked.fields.column(field, report_type)
        held = columns_in(here.columns, report_type, asked.aliases)
        name = held.name(column.name) if column is not None else ""
        if column is None or not name:
            return lambda _: ()
        number = here.columns.index(name)
        read = _READ.get(column.kind, _text)
        return lambda cells: read(cells[number]) if cells[number] else ()

    return of_lines


def _integer(cell: str) -> tuple[int, ...]:
    return (number_of(cell),)


def _time(cell: str) -> tuple[str, ...]:
    return (f"{text_of(cell)}Z",)


def _text(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, [text_of(cell)]))


def _items(cell: str) -> tuple[str, ...]:
    return tuple({*text_of(cell).split(";")} - {""})


_READ: dict[ColumnKind, Callable[[str], tuple[str | int, ...]]] = {
    ColumnKind.INTEGER: _integer,
    ColumnKind.TIME: _time,
    ColumnKind.LIST: _items,
}
