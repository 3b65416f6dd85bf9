"""What is asked of a row, decided by the cells of its line in a pack.

Each test here means to a cell what the SQL of the same name in `conditions` means to a column.
Where a line may tell less than the published row, it is Unsure, and SQL decides on that row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from tocsin.catalogue.entries import ReportType
from tocsin.engine.search.cells import time_text
from tocsin.engine.search.conditions import Condition, integer_of, network_of, time_span
from tocsin.engine.search.fields import REQUIRE, SEARCHED_AS_TEXT, TEXT, TYPE, Fields
from tocsin.engine.search.stored import Stored
from tocsin.model.address import Network, address_text, parse_address
from tocsin.model.columns import Column, ColumnKind

Cells = Sequence[str]
"""The cells of a line as they are written: quoted, integers bare, nothing for what is missing."""

Test = Callable[[Cells], bool]
"""Whether a line fits; Unsure if it does not tell."""

_MICROSECONDS = 1_000_000
_LIKE_V4 = re.compile(r"[0-9]{1,3}([.][0-9]{1,3}){3}")
_LIKE_V6 = re.compile(r"[0-9a-f:]{2,39}")
_DOTTED_I: Final = "\u0130"


class Unsure(Exception):
    """The line does not tell; the published row does."""


def line_test(
    conditions: Iterable[Condition], report_type: ReportType, fields: Fields, held: Stored
) -> Test:
    """That all of the conditions hold; held: the columns of the pack, in the order of its cells.

    They may be about anything but `domain` and `tld`, the address of the subject, and what a
    subject has beside its cells.
    """
    numbers = {name: number for number, name in enumerate(held.kinds)}

    def place(column: Column | None) -> int:
        return -1 if column is None else numbers.get(held.name(column.name), -1)

    def values(field: str, said: Iterable[str]) -> list[Test]:
        return [_any(list(_holds(field, each, report_type, fields, place))) for each in said]

    tests = []
    for each in conditions:
        if each.field != TYPE:
            tests += values(each.field, each.every_of)
            tests += [_any(values(each.field, each.any_of))] if each.any_of else []
    return _all(tests)


def _all(tests: Sequence[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda cells: all(test(cells) for test in tests)


def _any(tests: Sequence[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda cells: any(test(cells) for test in tests)


def _holds(
    field: str,
    said: str,
    report_type: ReportType,
    fields: Fields,
    place: Callable[[Column | None], int],
) -> Iterator[Test]:
    """Tests of which one is enough for the field to hold the value."""
    if field == TEXT:
        places = [place(each) for each in report_type.columns if each.kind in SEARCHED_AS_TEXT]
        yield _anywhere(said.lower().rstrip("*"), [number for number in places if number >= 0])
    elif field == REQUIRE and said.lower() == TYPE:
        yield lambda _: True
    elif field == REQUIRE:
        if (number := place(fields.column(said.lower(), report_type))) >= 0:
            yield lambda cells: cells[number] not in ("", '""')
    else:
        column = fields.column(field, report_type)
        if column is not None and (number := place(column)) >= 0:
            yield _cell(column, number, said)


def _anywhere(said: str, numbers: Sequence[int]) -> Test:
    return lambda cells: any(
        said in lower(text_of(cells[number])) for number in numbers if cells[number]
    )


def _cell(column: Column, number: int, said: str) -> Test:
    if column.kind is ColumnKind.INTEGER:
        wanted = integer_of(said)
        return lambda cells: bool(cells[number]) and number_of(cells[number]) == wanted
    fits = _fits(column.kind, said)
    return lambda cells: bool(cells[number]) and fits(text_of(cells[number]))


def _fits(kind: ColumnKind, said: str) -> Callable[[str], bool]:
    """Whether a text that there is is meant."""
    if kind is ColumnKind.TIME:
        return _time(said)
    if kind is ColumnKind.ADDRESS and (network := network_of(said)) is not None:
        return _within(network)
    return _item(said.lower()) if kind is ColumnKind.LIST else _text(said.lower())


def _time(said: str) -> Callable[[str], bool]:
    span = time_span(said)
    if span is None:
        return lambda _: False
    # Spans are of whole seconds, so that it does not matter what a line has cut. As texts, times
    # of years that have no four digits lie in no span.
    first, last = (time_text(moment // _MICROSECONDS).removesuffix("Z") for moment in span)
    return lambda cell: len(cell) == len(first) and first <= cell <= last


def _text(said: str) -> Callable[[str], bool]:
    if said.endswith("*"):
        return lambda cell: lower(cell).startswith(said[:-1])
    return lambda cell: lower(cell) == said


def _item(said: str) -> Callable[[str], bool]:
    if said.endswith("*"):
        return lambda cell: f";{said[:-1]}" in f";{lower(cell)}"
    return lambda cell: f";{said};" in f";{lower(cell)};"


def _within(network: Network) -> Callable[[str], bool]:
    if network.length == 128:
        address = address_text(network.first)
        return lambda cell: cell == address

    def fits(cell: str) -> bool:
        is_v6 = ":" in cell
        if not (_LIKE_V6 if is_v6 else _LIKE_V4).fullmatch(cell):
            return False
        # As numbers a broad one of IPv6 lies around IPv4, but it does not mean it.
        return (is_v6 or network.is_v4) and network.first <= _address(cell) <= network.last

    return fits


def _address(cell: str) -> int:
    """The address; Unsure if it is not written as reports write one."""
    try:
        value = parse_address(cell)
    except ValueError:
        raise Unsure from None
    if address_text(value) != cell:
        raise Unsure
    return value


def text_of(cell: str) -> str:
    """A text as it was before it was written; Unsure if it is none: kinds change with years."""
    if cell[0] != '"':
        raise Unsure
    return cell[1:-1].replace('""', '"')


def number_of(cell: str) -> int:
    """A number; Unsure if it is none."""
    try:
        return int(cell)
    except ValueError:
        raise Unsure from None


def lower(text: str) -> str:
    """In small letters as the database has them: each letter by itself, and each one letter."""
    if text.isascii():
        return text.lower()
    return "".join("i" if letter == _DOTTED_I else letter.lower() for letter in text)
