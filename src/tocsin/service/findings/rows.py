"""What the rows of a report say of findings."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from tocsin.catalogue.entries import ReportType
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.service import installation
from tocsin.service.delivery.models import Report
from tocsin.service.findings.row_ids import ids_of_rows
from tocsin.service.findings.sightings import Sighting


def ids_in(report: Report, rows: pa.Table) -> list[bytes]:
    """The ids of the findings that published rows of a report are of."""
    report_type = _type_of(report)
    if report_type is None:
        return []
    told: list[bytes] = ids_of_rows(rows, report_type).drop_null().to_pylist()
    return told


def sightings_of(report: Report, rows: pa.Table) -> Iterator[Sighting]:
    """What each published row of a report says of its finding."""
    report_type = _type_of(report)
    if report_type is None:
        return
    told = rows.select(["_id", "_first", "_last", "_count"]).to_pylist()
    windowed = report_type.window_days > 1
    for finding, row in zip(ids_of_rows(rows, report_type).to_pylist(), told, strict=True):
        if finding is not None:
            yield Sighting(
                finding, row["_id"], row["_first"], row["_last"], row["_count"], windowed
            )


def _type_of(report: Report) -> ReportType | None:
    return home_catalogue(installation.home()).report_types.get(report.report_type)
