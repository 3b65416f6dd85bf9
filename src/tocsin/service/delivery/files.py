"""The file that goes with a report: made as its list prefers, once for all of its recipients."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.interop_load import load_vocabularies
from tocsin.configuration.lake_store import lake_store
from tocsin.engine.interop.report_rows import ReportRows
from tocsin.service import installation
from tocsin.service.delivery.compose.attachment import Attachment, TooLarge, plain, zipped
from tocsin.service.delivery.compose.facts import Made, Note
from tocsin.service.delivery.compose.formats import FORMS
from tocsin.service.delivery.compose.formats.rows import About
from tocsin.service.delivery.compose.formats.xarf import MOST_INCIDENTS, xarf_documents
from tocsin.service.delivery.content import Content
from tocsin.service.delivery.incidents import incidents_of
from tocsin.service.delivery.models import Report
from tocsin.service.subscribers.models.mailing_list import ReportFormat

_KEPT = 256 << 10
"""A larger file is made anew for each recipient, so that those of a batch fit into memory."""


@dataclass(frozen=True, slots=True)
class Preference:
    """How a list wants its reports."""

    format: str
    compressed: bool


FOR_STRANGERS = Preference(ReportFormat.CSV, compressed=False)
"""Ticket queues of abuse desks read a plain file, and refuse others."""

_Key = tuple[int, str, Preference]


@dataclass
class Files:
    """Makes the files of a batch. most: bytes that a file may have."""

    catalogue: Catalogue
    most: int
    _made: dict[_Key, Made] = field(default_factory=dict)
    _rows: ReportRows | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, report: Report, content: Content, wanted: Preference) -> Made:
        """The file of a report (with its night loaded), or why there is none."""
        key = (report.pk, content.sha256, wanted)
        held = self._made.get(key)
        if held is None:
            held = self._of(report, content, wanted)
            if held.attachment is None or len(held.attachment.content) <= _KEPT:
                self._made[key] = held
        return held

    def _of(self, report: Report, content: Content, wanted: Preference) -> Made:
        if wanted.format == ReportFormat.LINK:
            return Made(None, "", Note.LINK)
        try:
            if wanted.format == ReportFormat.XARF:
                return self._incidents(report, content, wanted)
            return self._one(report, content, wanted)
        except TooLarge:
            return Made(None, "", Note.TOO_LARGE)

    def _one(self, report: Report, content: Content, wanted: Preference) -> Made:
        form = FORMS[wanted.format]
        entry = self.catalogue.report_types.get(report.report_type)
        about = About(
            content.file,
            entry.title if entry else report.report_type,
            {each.name: each.kind for each in entry.columns} if entry else {},
        )
        name = f"{content.file.removesuffix('.csv')}.{form.ending}"
        pieces = form.pieces(content.pieces(), about)
        if wanted.compressed:
            return Made(zipped(f"{name}.zip", [(name, pieces)], self.most), form.ending)
        return Made(plain(name, pieces, form.mime, self.most), form.ending)

    def _incidents(self, report: Report, content: Content, wanted: Preference) -> Made:
        """A document for each row: plain where there is one, else all in a zip."""
        reporter = installation.configuration().reporter_named()
        entry = self.catalogue.report_types.get(report.report_type)
        if entry is None or not reporter.is_complete:
            made = self._one(report, content, Preference(ReportFormat.CSV, wanted.compressed))
            return Made(made.attachment, made.form, Note.NO_REPORTER)
        if content.rows > MOST_INCIDENTS:
            return Made(None, "", Note.TOO_MANY)
        vocabulary = load_vocabularies(self.catalogue, installation.home().catalogue)["xarf"]
        with self._lock:
            rows = incidents_of(report, content, self._reading())
        documents = xarf_documents(rows, entry, vocabulary, reporter)
        name = f"{content.file.removesuffix('.csv')}.xarf"
        if len(rows) == 1:
            (_, said), *_ = documents
            return Made(plain(f"{name}.json", [said], "application/json", self.most), "xarf")
        pieces = ((inner, [said]) for inner, said in documents)
        return Made(zipped(f"{name}.zip", pieces, self.most), "xarf")

    def _reading(self) -> ReportRows:
        if self._rows is None:
            store = lake_store(installation.home(), installation.configuration())
            self._rows = ReportRows(store)
        return self._rows


def within(made: list[Made], most: int) -> list[Made]:
    """What fits into one message, in order; of the others the link has to do."""
    kept: list[Made] = []
    size = 0
    for each in made:
        more = len(each.attachment.content) if each.attachment is not None else 0
        fits = size + more <= most
        kept.append(each if fits else Made(None, "", Note.TOO_LARGE))
        size += more if fits else 0
    return kept


def attachments(made: list[Made]) -> list[Attachment]:
    """Those that there are."""
    return [each.attachment for each in made if each.attachment is not None]
