"""Which finding a published row is a sighting of, by the id that the ledger gives it.

The id is a hash of what the row says, so that it is known before the ledger of its day is.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.entries import ReportType
from tocsin.engine.intake.hosts import network_texts
from tocsin.engine.nightly.distinct import one_array
from tocsin.engine.nightly.finding_ids import finding_ids
from tocsin.engine.nightly.spread import UnitRows
from tocsin.engine.nightly.subject_ranges import numbers_of
from tocsin.model.address import Addresses

ID = pa.binary(16)


def ids_of_rows(rows: pa.Table, report_type: ReportType) -> pa.FixedSizeBinaryArray:
    """An id for each published row of a type, `(n,)` of ID; null for one of no subject.

    `rows` have what of `columns_for_ids` there is in the file.
    """
    unit = _unit(report_type)
    if not unit.has_findings or not rows.num_rows:
        return pa.nulls(rows.num_rows, ID)
    subjects = _subjects(rows, unit.name)
    numbers = finding_ids(
        subjects,
        _cells(rows, unit.port, pa.int64()),
        pa.array([report_type.id] * rows.num_rows, pa.string()),
        pc.fill_null(_cells(rows, unit.infection, pa.string()), ""),
    )
    return pc.if_else(subjects.is_valid(), numbers, pa.scalar(None, ID))


def columns_for_ids(report_type: ReportType) -> list[str]:
    """The columns of published rows that ids are made of."""
    unit = _unit(report_type)
    said = (unit.name, unit.port, unit.infection)
    return ["_subject_hi", "_subject_lo", "_subject_len", *filter(None, said)]


def _unit(report_type: ReportType) -> UnitRows:
    return UnitRows.of(report_type, Path(), delayed=False)


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
