"""Small report types and rows for tests of what is published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from tocsin.catalogue.entries import (
    Area,
    Catalogue,
    Counting,
    ReportType,
    Subject,
    SubjectKind,
    SubjectRole,
)
from tocsin.engine.lake.schema import gathered_schema
from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.model.address import Network, parse_network
from tocsin.model.columns import Column, ColumnKind
from tocsin.model.severity import Severity
from tocsin.model.terms import Terms

DAY = dt.date(2026, 11, 22)
MIDNIGHT = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
MASK_64 = (1 << 64) - 1

Row = dict[str, object]

_KINDS = {
    "timestamp": ColumnKind.TIME,
    "ip": ColumnKind.ADDRESS,
    "src_ip": ColumnKind.ADDRESS,
    "dst_ip": ColumnKind.ADDRESS,
    "port": ColumnKind.INTEGER,
    "src_port": ColumnKind.INTEGER,
    "dst_port": ColumnKind.INTEGER,
    "asn": ColumnKind.INTEGER,
    "src_asn": ColumnKind.INTEGER,
}


def report_type(
    name: str,
    columns: Sequence[str],
    *,
    subject: str,
    kind: SubjectKind = SubjectKind.ADDRESS,
    area: str = "drones",
    window_days: int = 1,
) -> ReportType:
    """A type of those columns; kinds are told by the names."""
    return ReportType(
        id=name,
        title="",
        area=area,
        subject=Subject(subject, kind, SubjectRole.CULPRIT),
        columns=tuple(Column(each, _KINDS.get(each, ColumnKind.TEXT), "") for each in columns),
        severity=Severity.HIGH,
        taxonomy="",
        domain_columns=(),
        window_days=window_days,
        identity=(),
        aggregation_key=(),
        counting=Counting(),
        aliases=(),
        column_aliases={},
        delta=True,
        text={},
        sample={},
    )


def catalogue(*types: ReportType) -> Catalogue:
    """A catalogue of nothing but these types and their areas."""
    areas = {each.area: Area(each.area, "", "") for each in types}
    return Catalogue({}, {}, areas, {each.id: each for each in types}, {}, "test")


def row(
    number: int,
    *,
    at: dt.datetime = MIDNIGHT,
    subject: str | None = None,
    source: str = "sensors",
    severity: Severity = Severity.HIGH,
    terms: Terms | None = None,
    count: int = 1,
    first: dt.datetime | None = None,
    audience: int = 0,
    **cells: object,
) -> Row:
    """One matched row; `subject` is an address or a prefix, or None for a type without one."""
    network = parse_network(subject) if subject else None
    return {
        "_id": number.to_bytes(16, "big"),
        "_source": source,
        "_severity": int(severity),
        "_terms": (terms or Terms()).to_text(),
        **_subject(network),
        "_first": first or at,
        "_last": at,
        "_count": count,
        "_audience": audience,
        "timestamp": first or at,
        **cells,
    }


def _subject(network: Network | None) -> Row:
    if network is None:
        return {}
    return {
        "_subject_hi": network.first >> 64,
        "_subject_lo": network.first & MASK_64,
        "_subject_len": network.length,
    }


def matched(kind: ReportType, rows: Sequence[Row]) -> pa.Table:
    """The rows as matching leaves them."""
    schema = gathered_schema(kind).append(pa.field("_audience", pa.int32()))
    columns = [pa.array([each.get(f.name) for each in rows], f.type) for f in schema]
    return pa.table(columns, schema=schema)


@dataclass(frozen=True)
class SomeList:
    """As much of a list as a pack asks for."""

    id: int
    name: str
    filter: FilterKind = FilterKind.ASN
