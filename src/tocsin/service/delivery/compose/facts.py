"""What a message says of a report: facts alone, for every form of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from tocsin.catalogue.entries import Catalogue
from tocsin.service.delivery.compose.attachment import Attachment
from tocsin.service.delivery.compose.trend import Trend
from tocsin.service.languages import Words


class Note(StrEnum):
    """Why a report is not attached, or not in the form that its list prefers."""

    NONE = ""
    LINK = "link"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    NO_REPORTER = "no_reporter"


@dataclass(frozen=True, slots=True)
class Made:
    """The file of a report, or why there is none. `form`: CSV, HTML, ..."""

    attachment: Attachment | None
    form: str
    note: Note = Note.NONE


@dataclass(frozen=True, slots=True)
class Links:
    """Where a report leads. objection: where rows are said to be wrong, or fixed; "" if nowhere."""

    download: str
    described: str
    objection: str = ""


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A report in words.

    type: its id. meaning, fix: of the type, for people; empty where the catalogue has none.
    severity, marks: words of the mail's language. partial: its day was not over. events, size
    (bytes): of what this list may have now. trend: None where there is nothing to compare.
    attached: the name of its file, "" if there is none.
    """

    file: str
    type: str
    title: str
    meaning: str
    fix: str
    severity: str
    day: dt.date
    delayed: bool
    partial: bool
    events: int
    size: int
    links: Links
    attached: str
    form: str
    note: Note
    trend: Trend | None = None
    marks: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Its title, and what is to be known at once."""
        return f"{self.title} ({', '.join(self.marks)})" if self.marks else self.title

    @property
    def picture(self) -> str:
        """The Content-ID of the picture of its trend."""
        return f"{self.file.removesuffix('.csv')}@trend.tocsin"


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a report where it is composed."""

    file: str
    type: str
    day: dt.date
    delayed: bool
    partial: bool
    events: int
    size: int


def facts_of(
    told: Told,
    links: Links,
    made: Made,
    trend: Trend | None,
    catalogue: Catalogue,
    words: Words,
) -> ReportFacts:
    """The facts of a report; a type that the catalogue does not have any more shows its id."""
    found = catalogue.report_types.get(told.type)
    marks = (("delayed", told.delayed), ("partial", told.partial))
    return ReportFacts(
        file=told.file,
        type=told.type,
        title=found.title if found else told.type,
        meaning=found.text.get("meaning", "") if found else "",
        fix=found.text.get("fix", "") if found else "",
        severity=words.severities[found.severity.word] if found else "",
        day=told.day,
        delayed=told.delayed,
        partial=told.partial,
        events=told.events,
        size=told.size,
        links=links,
        attached=made.attachment.name if made.attachment is not None else "",
        form=made.form,
        note=made.note,
        trend=trend if trend is not None and trend.known > 1 else None,
        marks=tuple(words.marks[mark] for mark, is_so in marks if is_so),
    )
