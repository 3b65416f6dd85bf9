"""Of which findings published rows are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.entries import ReportType
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.intake.hosts import network_texts
from tocsin.engine.nightly.distinct import one_array
from tocsin.engine.nightly.finding_ids import finding_ids
from tocsin.engine.nightly.spread import UnitRows
from tocsin.engine.nightly.subject_ranges import numbers_of
from tocsin.model.address import Addresses
from tocsin.service import installation
from tocsin.service.delivery.models import Report
from tocsin.service.findings.sightings import Sighting


def ids_of_rows(report: Report, rows: pa.Table) -> list[bytes]:
    """The id of the finding that each published row of a report is of."""
    report_type = _type_of(report)
    return ids_of(rows, report_type) if report_type is not None else []


def sightings_of(report: Report, rows: pa.Table) -> Iterator[Sighting]:
    """What each published row of a report says of its finding."""
    report_type = _type_of(report)
    if report_type is None or not rows.num_rows:
        return
    unit = UnitRows.of(report_type, Path(), delayed=False)
    if not unit.has_findings:
        return
    rows = rows.filter(_subjects(rows, unit.name).is_valid())
    told = rows.select(["_id", "_first", "_last", "_count"]).to_pylist()
    for finding, row in zip(ids_of(rows, report_type), told, strict=True):
        yield Sighting(
            finding, row["_id"], row["_first"], row["_last"], row["_count"], unit.windowed
        )


def _type_of(report: Report) -> ReportType | None:
    return home_catalogue(installation.home()).report_types.get(report.report_type)


def ids_of(rows: pa.Table, report_type: ReportType) -> list[bytes]:
    """The id of the finding that each published row of a type is of; none for one of no subject."""
    unit = UnitRows.of(report_type, Path(), delayed=False)
    if not unit.has_findings or not rows.num_rows:
        return []
    subjects = _subjects(rows, unit.name)
    numbers = finding_ids(
        subjects,
        _cells(rows, unit.port, pa.int64()),
        pa.array([report_type.id] * rows.num_rows, pa.string()),
        pc.fill_null(_cells(rows, unit.infection, pa.string()), ""),
    )
    told: list[bytes] = numbers.filter(subjects.is_valid()).to_pylist()
    return told


def _subjects(rows: pa.Table, name: str) -> pa.StringArray:
    """As the ledger writes them."""
    hi, lo, length = (one_array(rows, f"_subject_{part}") for part in ("hi", "lo", "len"))
    names = pc.utf8_lower(_cells(rows, name, pa.string()))
    networks = Addresses(numbers_of(hi), numbers_of(lo))
    texts = network_texts(networks, numbers_of(length).astype("u1"))
    return pc.if_else(hi.is_null(), names, texts)


def _cells(rows: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    if not name or name not in rows.column_names:
        return pa.nulls(rows.num_rows, kind)
    return one_array(rows, name).cast(kind)
