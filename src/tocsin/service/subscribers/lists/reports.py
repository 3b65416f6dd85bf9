"""Which reports the newest night made for a list."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.nightly.package import Package, latest_published
from tocsin.engine.reports import newest_day, reports_of
from tocsin.service import installation
from tocsin.service.subscribers.models import MailingList


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report: its file name, the title of its type, and how many rows it has."""

    file: str
    title: str
    rows: int


def newest_reports(mailing_list: MailingList) -> tuple[dt.date | None, tuple[MadeReport, ...]]:
    """The newest day that was run, None if none was, and the list's reports of that day."""
    home = installation.home()
    day = newest_day(home.root)
    package = latest_published(home.root, day) if day is not None else None
    if package is None:
        return day, ()
    by_list = _by_list(home.root, package.day, package.revision)
    types = home_catalogue(home).report_types
    found = by_list.get(mailing_list.pk, ())
    return day, tuple(
        MadeReport(file, types[kind].title if kind in types else kind, rows)
        for file, kind, rows in found
    )


@lru_cache(maxsize=2)
def _by_list(
    root: Path, day: dt.date, revision: int
) -> Mapping[int, tuple[tuple[str, str, int], ...]]:
    """File, type and rows of each report by list. What is published never changes."""
    found: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    for each in reports_of(Package(root, day, revision)):
        found[each.slice.list].append((each.file, each.report_type, each.slice.rows))
    return {number: tuple(reports) for number, reports in found.items()}
