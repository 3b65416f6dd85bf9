"""What rows are asked for: a field and values, and what that means in one report type."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.engine.search.clauses import (
    ALWAYS,
    NEVER,
    Clause,
    all_of,
    any_of,
    quoted,
    subject_within,
    under_domain,
)
from tocsin.engine.search.fields import (
    DOMAIN,
    REQUIRE,
    SEARCHED_AS_TEXT,
    TEXT,
    TLD,
    TYPE,
    Fields,
    is_type,
)
from tocsin.engine.search.stored import Stored
from tocsin.model.address import Network, address_text, parse_network
from tocsin.model.columns import Column, ColumnKind

_BY_ADDRESS: Final = (SubjectKind.ADDRESS, SubjectKind.PREFIX)

_LEAST, _GREATEST = -(2**63), 2**63 - 1
_TIME = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[ T](\d\d)(?::(\d\d)(?::(\d\d)(?:[.]\d*)?)?)?)?)?)?Z?",
    re.ASCII,
)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SPANS = (
    dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1), dt.timedelta(seconds=1)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """A field's cell is, or holds, one of `any_of` if there are some, and each of `every_of`.

    Values are texts, as people write them. In `ip` and other addresses a prefix means all within
    it; `*` at the end of a text means whatever goes on there; letters are compared whatever
    their case.
    """

    field: str
    any_of: tuple[str, ...] = ()
    every_of: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.any_of, *self.every_of)


def takes_type(conditions: Iterable[Condition], report_type: ReportType) -> bool:
    """Whether rows of a type can be meant, by what is asked of `type`."""
    return all(
        (not each.any_of or any(is_type(said, report_type) for said in each.any_of))
        and all(is_type(said, report_type) for said in each.every_of)
        for each in conditions
        if each.field == TYPE
    )


def clause_of(
    conditions: Iterable[Condition], report_type: ReportType, fields: Fields, stored: Stored
) -> Clause:
    """The conditions on a type's rows as they are stored; NEVER if it lacks a column."""
    return all_of(
        _one(each, report_type, fields, stored) for each in conditions if each.field != TYPE
    )


def _one(each: Condition, report_type: ReportType, fields: Fields, stored: Stored) -> Clause:
    def holds(said: str) -> Clause:
        return any_of(_holds(each.field, said, report_type, fields, stored))

    every = [holds(said) for said in each.every_of]
    return all_of([*every, *([any_of(map(holds, each.any_of))] if each.any_of else [])])


def _holds(
    field: str, said: str, report_type: ReportType, fields: Fields, stored: Stored
) -> Iterator[Clause]:
    """Conditions of which one is enough for the field to hold the value."""
    if field == TEXT:
        yield from _anywhere(said.lower().rstrip("*"), report_type, stored)
        return
    if field == REQUIRE:
        yield _filled(said.lower(), report_type, fields, stored)
        return
    if field in (DOMAIN, TLD):
        yield under_domain(said.lower().removeprefix("*.").removeprefix("."))
    column = fields.column(field, report_type)
    name = stored.name(column.name) if column is not None else ""
    if column is not None and name:
        yield _cell(column, quoted(name), said, report_type)
        yield _told_beside(column, said, report_type)


def _filled(field: str, report_type: ReportType, fields: Fields, stored: Stored) -> Clause:
    """That there is something in a field."""
    if field == TYPE:
        return ALWAYS
    told = [Clause("len(_domains) > 0")] if field in (DOMAIN, TLD) else []
    column = fields.column(field, report_type)
    name = stored.name(column.name) if column is not None else ""
    if name:
        told.append(Clause(f"coalesce(CAST({quoted(name)} AS VARCHAR), '') <> ''"))
    return any_of(told)


def _anywhere(said: str, report_type: ReportType, stored: Stored) -> Iterator[Clause]:
    """That a text is somewhere in a row."""
    for column in report_type.columns:
        name = stored.name(column.name)
        if name and column.kind in SEARCHED_AS_TEXT:
            yield Clause(f"contains(lower({quoted(name)}), ?)", (said,))


def _told_beside(column: Column, said: str, report_type: ReportType) -> Clause:
    """That the subject has it too, though the column shows another one."""
    subject = report_type.subject
    beside = subject.column.removesuffix("ip")
    if subject.kind not in _BY_ADDRESS or not column.name.startswith(beside):
        return NEVER
    place = column.name.removeprefix(beside)
    if place == "asn" and (number := integer_of(said)) is not None and 0 <= number < 1 << 32:
        return Clause("list_contains(_origins, CAST(? AS UINTEGER))", (number,))
    if place == "geo":
        return Clause("list_contains(_countries, ?)", (said.upper(),))
    return NEVER


def _cell(column: Column, name: str, said: str, report_type: ReportType) -> Clause:
    if column.kind is ColumnKind.INTEGER:
        number = integer_of(said)
        return NEVER if number is None else Clause(f"{name} = CAST(? AS BIGINT)", (number,))
    if column.kind is ColumnKind.TIME:
        span = time_span(said)
        return NEVER if span is None else Clause(f"epoch_us({name}) BETWEEN ? AND ?", span)
    if column.kind is ColumnKind.ADDRESS:
        return _address(column, name, said, report_type)
    if column.kind is ColumnKind.LIST:
        return _item(name, said.lower())
    return _text(name, said.lower())


def _text(name: str, said: str) -> Clause:
    if said.endswith("*"):
        return Clause(f"starts_with(lower({name}), ?)", (said[:-1],))
    return Clause(f"lower({name}) = ?", (said,))


def _item(name: str, said: str) -> Clause:
    if said.endswith("*"):
        return Clause(f"contains(';' || lower({name}), ?)", (f";{said[:-1]}",))
    return Clause(f"contains(';' || lower({name}) || ';', ?)", (f";{said};",))


def _address(column: Column, name: str, said: str, report_type: ReportType) -> Clause:
    network = network_of(said)
    if network is None:
        return _text(name, said.lower())
    subject = report_type.subject
    if column.name == subject.column:
        return subject_within(network, prefixes=subject.kind is SubjectKind.PREFIX)
    if network.length == 128:
        return Clause(f"{name} = ?", (address_text(network.first),))
    within = f"address_key({name}) BETWEEN ? AND ?"
    if not network.is_v4:
        # As numbers a broad one lies around IPv4, but it does not mean it.
        within = f"({within} AND contains({name}, ':'))"
    return Clause(within, (f"{network.first:032x}", f"{network.last:032x}"))


def network_of(said: str) -> Network | None:
    """An address or a prefix; None if it is neither."""
    try:
        return parse_network(said)
    except ValueError:
        return None


def integer_of(said: str) -> int | None:
    """A number that a column of integers may hold; None for anything else."""
    digits = said.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(_GREATEST)):
        return None
    number = int(said)
    return number if _LEAST <= number <= _GREATEST else None


def is_integer(said: str) -> bool:
    """Whether a column of integers may hold it."""
    return integer_of(said) is not None


def time_span(said: str) -> tuple[int, int] | None:
    """First and last microsecond of a time as people write one, down to any unit: `2026-11-22 04`.

    None if it is no time.
    """
    found = _TIME.fullmatch(said)
    if found is None:
        return None
    year, month, day, *clock = (None if part is None else int(part) for part in found.groups())
    hour, minute, second = (part or 0 for part in clock)
    try:
        first = dt.datetime(year or 0, month or 1, day or 1, hour, minute, second, tzinfo=dt.UTC)
        if month is None:
            end = first.replace(year=first.year + 1)
        elif day is None:
            end = (first + dt.timedelta(days=31)).replace(day=1)
        else:
            end = first + _SPANS[sum(part is not None for part in clock)]
    except (ValueError, OverflowError):
        return None
    return _microseconds(first), _microseconds(end) - 1


def _microseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)
