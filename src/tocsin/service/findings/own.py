"""Which findings are an organisation's: those of rows that were reported to its lists.

The ledger knows no audience. What was reported to a list, and still is its own by its networks of
now, tells which findings it may see; of what was held, dropped or withheld it sees none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
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
from tocsin.service.delivery.content import Gone, all_of, theirs_of
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.shown import shown
from tocsin.service.delivery.standing import Share, Standing
from tocsin.service.delivery.theirs import standing_of
from tocsin.service.findings.ledger import Finding, read_findings
from tocsin.service.subscribers.models import MailingList

DAYS = 31
"""A finding of which nothing was reported for so long is not shown any more."""


def own_findings(lists: Mapping[int, MailingList], now: dt.datetime) -> list[Finding]:
    """The findings of these lists, which have their organisation loaded, the most urgent first."""
    since = now.date() - dt.timedelta(days=DAYS)
    reports = list(shown(lists).filter(day__gte=since))
    stand = standing_of(reports, lists, now)
    ids: set[bytes] = set()
    for each in reports:
        if each.pk in stand:
            ids |= _ids_of(each, stand[each.pk])
    return read_findings(ids)


def _ids_of(report: Report, standing: Standing) -> frozenset[bytes]:
    try:
        if standing.share is Share.WHOLE:
            return _of_whole(installation.home().root, report.pk, report.sha256)
        return frozenset(_ids_of_rows(report, theirs_of(report, standing)))
    except Gone:
        return frozenset()


@lru_cache(maxsize=4096)
def _of_whole(root: Path, number: int, sha256: str) -> frozenset[bytes]:  # noqa: ARG001 - see below
    """What was published never changes; the home and the hash tell reports of one number apart."""
    report = Report.objects.select_related("night").get(pk=number)
    return frozenset(_ids_of_rows(report, all_of(report)))


def _ids_of_rows(report: Report, rows: pa.Table) -> list[bytes]:
    report_type = home_catalogue(installation.home()).report_types.get(report.report_type)
    return ids_of(rows, report_type) if report_type is not None else []


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
