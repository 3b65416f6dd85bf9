"""The formats that sources may have; an explicit list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

from tocsin.catalogue.entries import Source
from tocsin.catalogue.reading import REWRITTEN
from tocsin.engine.sources import cowrie, declared, shadowserver_csv, tocsin_ndjson
from tocsin.engine.sources.access_log import ACCESS_LOG
from tocsin.engine.sources.blocks import Bytes
from tocsin.engine.sources.detect import CSV, NDJSON
from tocsin.engine.sources.json_array import JSON_ARRAY
from tocsin.engine.sources.raw import Member, ReadSlice, Slice, Survey
from tocsin.engine.sources.sessions import SessionJoin
from tocsin.engine.sources.zeek_log import ZEEK


def as_format(member: Member, format_name: str) -> Member:
    """The member as a source of that format reads it."""
    return replace(member, rewritten=format_name) if format_name in REWRITTEN else member


class SliceReader(Protocol):
    """Reads one slice of a content. `content` stands at the slice's first byte.

    `report_type`: what the file's name or the user said; "" where rows tell their own; the day
    of the file where rows are timed by it. Raises InputError if the content is not what the
    survey found.
    """

    def __call__(
        self, content: Bytes, part: Slice, survey: Survey, *, source: Source, report_type: str
    ) -> ReadSlice: ...


@dataclass(frozen=True, slots=True)
class Format:
    """One format. typed_by_name: the file's name, not its rows, tells the report type.

    sessions: how its rows are joined with those that opened their session. written_as: the format
    that its content is told as, where that is not its own.
    """

    name: str
    description: str
    has_header: bool
    typed_by_name: bool
    read_slice: SliceReader
    sessions: SessionJoin | None = None
    written_as: str = ""


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "csv": Format(
            "csv",
            "CSV of any kind, read as its source declares",
            has_header=False,
            typed_by_name=False,
            read_slice=declared.read_csv_slice,
        ),
        "ndjson": Format(
            "ndjson",
            "one JSON object a line, read as its source declares",
            has_header=False,
            typed_by_name=False,
            read_slice=declared.read_ndjson_slice,
            written_as=NDJSON,
        ),
        ACCESS_LOG: Format(
            ACCESS_LOG,
            "the access log of a web server, in the form common or combined",
            has_header=False,
            typed_by_name=False,
            read_slice=declared.read_rewritten_slice,
            written_as=NDJSON,
        ),
        JSON_ARRAY: Format(
            JSON_ARRAY,
            "one JSON array, or one object of arrays",
            has_header=False,
            typed_by_name=False,
            read_slice=declared.read_rewritten_slice,
            written_as=NDJSON,
        ),
        ZEEK: Format(
            ZEEK,
            "a log of Zeek's with its own header lines",
            has_header=False,
            typed_by_name=False,
            read_slice=declared.read_rewritten_slice,
            written_as=NDJSON,
        ),
        CSV: Format(
            CSV,
            "CSV with a header line of report columns",
            has_header=True,
            typed_by_name=True,
            read_slice=shadowserver_csv.read_slice,
        ),
        NDJSON: Format(
            NDJSON,
            "one JSON object a line",
            has_header=False,
            typed_by_name=False,
            read_slice=tocsin_ndjson.read_slice,
        ),
        cowrie.COWRIE: Format(
            cowrie.COWRIE,
            "the JSON log of Cowrie, one object a line",
            has_header=False,
            typed_by_name=False,
            read_slice=cowrie.read_slice,
            sessions=cowrie.SESSIONS,
            written_as=NDJSON,
        ),
    }
)
