"""How a report is written, by what its list prefers: pure functions from its CSV to bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tocsin.service.delivery.compose.formats.html_form import html_pieces
from tocsin.service.delivery.compose.formats.json_form import json_pieces
from tocsin.service.delivery.compose.formats.rows import About
from tocsin.service.delivery.compose.formats.text_form import text_pieces
from tocsin.service.delivery.compose.formats.xml_form import xml_pieces
from tocsin.service.subscribers.models.mailing_list import ReportFormat

Pieces = Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write a report. pieces: from those of its CSV; ending: of the file's name."""

    ending: str
    mime: str
    pieces: Callable[[Pieces, About], Iterator[bytes]]


def _as_it_is(csv: Pieces, _about: About) -> Iterator[bytes]:
    yield from csv


FORMS: Mapping[str, Form] = {
    ReportFormat.CSV: Form("csv", "text/csv", _as_it_is),
    ReportFormat.HTML: Form("html", "text/html", html_pieces),
    ReportFormat.XML: Form("xml", "application/xml", xml_pieces),
    ReportFormat.TEXT: Form("txt", "text/plain", text_pieces),
    ReportFormat.JSON: Form("json", "application/json", json_pieces),
}
"""All but the link alone, which has no file, and XARF, which is more than the CSV (see `xarf`)."""
