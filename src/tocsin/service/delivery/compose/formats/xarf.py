"""Single incidents as XARF v4: one JSON document for each row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from tocsin.catalogue.entries import ReportType
from tocsin.catalogue.interop_entries import OtherVocabulary
from tocsin.engine.interop.row import Reporter, Row
from tocsin.engine.interop.translate import Translator

MOST_INCIDENTS = 1000
"""Of more rows nobody makes single incidents: then the list gets the link alone."""


def xarf_documents(
    rows: Iterable[Row], entry: ReportType, vocabulary: OtherVocabulary, reporter: Reporter
) -> Iterator[tuple[str, bytes]]:
    """The name of each document, and the document: ASCII only, the same for the same row."""
    translator = Translator(vocabulary, entry, reporter)
    for row in rows:
        said = json.dumps(translator.object_of(row), sort_keys=True, indent=1)
        yield f"{row.id}.json", said.encode("ascii") + b"\n"
