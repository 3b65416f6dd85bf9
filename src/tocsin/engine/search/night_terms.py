"""What a question asks of the index of a night, and of the lines of rows beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.engine.search.conditions import Condition, is_integer, network_of, time_span
from tocsin.engine.search.fields import DOMAIN, REQUIRE, TEXT, TLD, TYPE, Fields
from tocsin.model.address import V4_OFFSET, Network
from tocsin.model.columns import Column, ColumnKind

MOMENT = "timestamp"

_BY_LINE = (TEXT, REQUIRE)
_BY_ROW = (DOMAIN, TLD)
"""Fields over several columns, by what tells of them."""

_BY_ADDRESS = (SubjectKind.ADDRESS, SubjectKind.PREFIX)

Span = tuple[int, int]
"""First and last microsecond."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What has to hold: of each part one of its values; `never` if nothing can.

    countries: in small letters, with `*` at the end for whatever goes on there. beside: what the
    index does not tell, but the line of a row does.
    """

    asns: tuple[tuple[int, ...], ...] = ()
    countries: tuple[tuple[str, ...], ...] = ()
    networks: tuple[tuple[Network, ...], ...] = ()
    spans: tuple[tuple[Span, ...], ...] = ()
    beside: tuple[Condition, ...] = ()
    never: bool = False

    @property
    def of_groups(self) -> bool:
        """Whether groups tell all of it, without a look at single rows."""
        return not (self.networks or self.spans or self.beside)


NEVER = Terms(never=True)


def terms_of(
    conditions: Iterable[Condition], report_type: ReportType, fields: Fields
) -> Terms | None:
    """The conditions on a type's rows; None if published rows have to be read to tell."""
    parts: dict[str, list[object]] = {}
    for each in conditions:
        if each.field == TYPE or not each.values:
            continue
        column = fields.column(each.field, report_type)
        if column is None and each.field not in _BY_LINE:
            return None if each.field in _BY_ROW else NEVER
        kind = part_of(column, report_type) if column is not None else ""
        each_of = [said for said in (each.any_of, *((one,) for one in each.every_of)) if said]
        told = [_values(kind, said) for said in each_of]
        if None not in told:
            parts.setdefault(kind, []).extend(told)
        elif _lines_tell(each, column, report_type):
            parts.setdefault("beside", []).append(each)
        else:
            return None
    return Terms(**{kind: tuple(each) for kind, each in parts.items()})  # type: ignore[arg-type]


def _lines_tell(each: Condition, column: Column | None, report_type: ReportType) -> bool:
    """Whether cells tell all of a condition, which may read more of a published row than these."""
    if each.field in _BY_ROW:
        return False
    if each.field == REQUIRE:
        return not {said.lower() for said in each.values} & {*_BY_ROW}
    if column is None or each.field == TEXT:
        return True
    subject = report_type.subject
    if column.name == subject.column and column.kind is ColumnKind.ADDRESS:
        # What the subject of a row is no cell tells: it may be hidden there.
        return all(network_of(said) is None for said in each.values)
    beside = subject.column.removesuffix("ip")
    has_more = subject.kind in _BY_ADDRESS and column.name in (f"{beside}asn", f"{beside}geo")
    return not has_more


def part_of(column: Column, report_type: ReportType) -> str:
    """Which of the parts of Terms is about a column; "" if none is."""
    if column.name == MOMENT and column.kind is ColumnKind.TIME:
        return "spans"
    subject = report_type.subject
    if subject.kind not in _BY_ADDRESS:
        return ""
    if column.name == subject.column:
        # Of subjects that are prefixes only their rows tell what they overlap.
        return "networks" if subject.kind is SubjectKind.ADDRESS else ""
    beside = subject.column.removesuffix("ip")
    if column.name == f"{beside}asn" and column.kind is ColumnKind.INTEGER:
        return "asns"
    if column.name == f"{beside}geo" and column.kind is ColumnKind.TEXT:
        return "countries"
    return ""


def _values(kind: str, said: Iterable[str]) -> tuple[object, ...] | None:
    """The values as they are compared; None if they cannot be compared here."""
    if kind == "asns":
        return tuple(int(each) for each in said if is_integer(each))
    if kind == "countries":
        return tuple(each.lower() for each in said)
    if kind == "spans":
        return tuple(span for each in said if (span := time_span(each)) is not None)
    if kind == "networks":
        networks = [network_of(each) for each in said]
        if all(each is not None and _is_plain(each) for each in networks):
            return tuple(networks)
    return None


def _is_plain(network: Network) -> bool:
    """Whether its numbers mean it: a broad one of IPv6 lies around IPv4, which it does not mean."""
    return network.is_v4 or not network.first <= V4_OFFSET <= network.last
