"""The formats there are: an explicit table from a source's `format` to what reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

from tocsin.catalogue.entries import Source
from tocsin.engine.sources import shadowserver_csv, tocsin_ndjson
from tocsin.engine.sources.raw import ReadSlice, Slice, Survey


class SliceReader(Protocol):
    """Reads a slice from a stream that stands at its beginning."""

    def __call__(
        self,
        content: BinaryIO,
        slice_: Slice,
        survey: Survey,
        *,
        source: Source,
        report_type: str,
    ) -> ReadSlice: ...


@dataclass(frozen=True, slots=True)
class Format:
    """How a format is read; `typed_by_name`: the file's name tells the type of all its rows."""

    read_slice: SliceReader
    typed_by_name: bool


FORMATS: Final[Mapping[str, Format]] = {
    "shadowserver-csv": Format(shadowserver_csv.read_slice, typed_by_name=True),
    "tocsin-ndjson": Format(tocsin_ndjson.read_slice, typed_by_name=False),
}
