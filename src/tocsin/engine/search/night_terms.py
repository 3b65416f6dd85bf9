"""What a question asks of the index of a night, where that can tell all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.engine.search.conditions import Condition, is_integer, network_of, time_span
from tocsin.engine.search.fields import OVER_SEVERAL, TYPE, Fields
from tocsin.model.address import V4_OFFSET, Network
from tocsin.model.columns import Column, ColumnKind

MOMENT = "timestamp"

Span = tuple[int, int]
"""First and last microsecond."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What has to hold: of each part one of its values; `never` if nothing can.

    countries: in small letters, with `*` at the end for whatever goes on there.
    """

    asns: tuple[tuple[int, ...], ...] = ()
    countries: tuple[tuple[str, ...], ...] = ()
    networks: tuple[tuple[Network, ...], ...] = ()
    spans: tuple[tuple[Span, ...], ...] = ()
    never: bool = False

    @property
    def of_groups(self) -> bool:
        """Whether groups tell all of it, without a look at single rows."""
        return not (self.networks or self.spans)


NEVER = Terms(never=True)


def terms_of(
    conditions: Iterable[Condition], report_type: ReportType, fields: Fields
) -> Terms | None:
    """The conditions on a type's rows; None if rows have to be read to tell."""
    parts: dict[str, list[tuple[object, ...]]] = {}
    for each in conditions:
        if each.field == TYPE or not each.values:
            continue
        if each.field in OVER_SEVERAL:
            return None
        column = fields.column(each.field, report_type)
        if column is None:
            return NEVER
        kind = part_of(column, report_type)
        for said in (each.any_of, *((one,) for one in each.every_of)):
            values = _values(kind, said)
            if values is None:
                return None
            if said:
                parts.setdefault(kind, []).append(values)
    return Terms(**{kind: tuple(each) for kind, each in parts.items()})  # type: ignore[arg-type]


def part_of(column: Column, report_type: ReportType) -> str:
    """Which of the parts of Terms is about a column; "" if none is."""
    if column.name == MOMENT and column.kind is ColumnKind.TIME:
        return "spans"
    subject = report_type.subject
    if subject.kind not in (SubjectKind.ADDRESS, SubjectKind.PREFIX):
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
