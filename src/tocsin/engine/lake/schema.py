"""The columns of the lake's Parquet files, by tier and report type."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from tocsin.catalogue.entries import OBSERVED, Catalogue, ReportType
from tocsin.model.columns import ColumnKind

FORMAT = b"1"
"""Number of the record layout below, kept in every file's metadata."""

MOMENT = pa.timestamp("us", tz="UTC")
IDENTIFIER = pa.binary(16)

OWN = pa.schema(
    [
        ("_id", IDENTIFIER),
        ("_received", MOMENT),
        ("_source", pa.string()),
        ("_sensor", pa.string()),
        ("_rule", pa.string()),
        ("_file", pa.string()),
        ("_line", pa.int64()),
        ("_atlas", pa.string()),
        ("_extra", pa.string()),
        ("_severity", pa.uint8()),
        ("_terms", pa.string()),
        ("_subject_hi", pa.uint64()),
        ("_subject_lo", pa.uint64()),
        ("_subject_len", pa.uint8()),
        ("_origins", pa.list_(pa.uint32())),
        ("_countries", pa.list_(pa.string())),
        ("_domains", pa.list_(pa.string())),
    ]
)
"""What Tocsin adds to every record, in order."""

GATHERED = pa.schema([("_first", MOMENT), ("_last", MOMENT), ("_count", pa.int64())])
"""What gathering adds: first and last sighting of the group, events in it."""

_STORED_AS = {ColumnKind.INTEGER: pa.int64(), ColumnKind.TIME: MOMENT}


def stored_type(kind: ColumnKind) -> pa.DataType:
    """How a kind of column lies in Parquet."""
    return _STORED_AS.get(kind, pa.string())


def columns_schema(report_type: ReportType) -> pa.Schema:
    """The type's own columns in the order of its reports."""
    return pa.schema([(column.name, stored_type(column.kind)) for column in report_type.columns])


def record_schema(report_type: ReportType, catalogue: Catalogue) -> pa.Schema:
    """A record's columns; the metadata names the catalogue that wrote it."""
    fields = [*OWN, *columns_schema(report_type)]
    return pa.schema(fields, metadata=_metadata(report_type.id, catalogue))


def gathered_schema(report_type: ReportType) -> pa.Schema:
    """A gathered row's columns."""
    return pa.schema([*OWN, *GATHERED, *columns_schema(report_type)])


def observed_columns(catalogue: Catalogue, kind: str) -> Mapping[str, ColumnKind]:
    """What is kept of a kind of observation, beside its time."""
    own = catalogue.observations.get(kind)
    both_sides = {name: catalogue.columns[name].kind for name in OBSERVED}
    return {**both_sides, **(own.columns if own else {})}


def observation_schema(catalogue: Catalogue, kind: str) -> pa.Schema:
    """An observation's columns: little, since there are many and they live three days."""
    columns = observed_columns(catalogue, kind)
    kept = [(name, stored_type(columns[name])) for name in columns]
    own = [field for field in OWN if field.name not in _NOT_OF_OBSERVATIONS]
    fields = [*own, pa.field("_observation", pa.string()), pa.field("timestamp", MOMENT)]
    return pa.schema([*fields, *kept], metadata=_metadata("", catalogue))


_NOT_OF_OBSERVATIONS = (
    "_severity",
    "_origins",
    "_countries",
    "_domains",
    "_subject_hi",
    "_subject_lo",
    "_subject_len",
)


def _metadata(report_type: str, catalogue: Catalogue) -> dict[bytes, bytes]:
    return {
        b"tocsin.format": FORMAT,
        b"tocsin.type": report_type.encode(),
        b"tocsin.catalogue": catalogue.version.encode(),
    }
