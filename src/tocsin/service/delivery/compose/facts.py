"""What a message says of a report: facts alone, for every form of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tocsin.catalogue.entries import Catalogue
from tocsin.service import installation
from tocsin.service.delivery.content import Content
from tocsin.service.delivery.models import Report


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A report in words.

    type: its id. meaning, fix: of the type, for people; empty where the catalogue has none.
    events, size (in bytes): of what this list may have now. link: where it is fetched without
    signing in.
    described: the page of the type. objection: where rows of it are said to be wrong, or fixed.
    """

    file: str
    type: str
    title: str
    meaning: str
    fix: str
    severity: str
    day: dt.date
    delayed: bool
    events: int
    size: int
    link: str
    described: str
    objection: str


def facts_of(
    report: Report, content: Content, link: str, objection: str, catalogue: Catalogue
) -> ReportFacts:
    """The facts of a report; a type that the catalogue does not have any more shows its id."""
    found = catalogue.report_types.get(report.report_type)
    return ReportFacts(
        file=content.file,
        type=report.report_type,
        title=found.title if found else report.report_type,
        meaning=found.text.get("meaning", "") if found else "",
        fix=found.text.get("fix", "") if found else "",
        severity=found.severity.word if found else "",
        day=report.day,
        delayed=report.delayed,
        events=content.rows,
        size=content.size,
        link=link,
        described=f"{installation.configuration().service.address}/types/{report.report_type}",
        objection=objection,
    )
