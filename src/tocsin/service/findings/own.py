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

from tocsin.engine.home_catalogue import home_catalogue
from tocsin.service import installation
from tocsin.service.delivery.content import Gone, all_of, theirs_of
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.shown import shown
from tocsin.service.delivery.standing import Share, Standing
from tocsin.service.delivery.theirs import standing_of
from tocsin.service.findings.ledger import Finding, read_findings
from tocsin.service.findings.row_ids import ids_of_rows
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
    if report_type is None:
        return []
    told: list[bytes] = ids_of_rows(rows, report_type).drop_null().to_pylist()
    return told
