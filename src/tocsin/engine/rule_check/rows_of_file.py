"""The rows of a file as its source reads them, slice by slice, before anybody judges them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

from tocsin.catalogue.entries import Source
from tocsin.engine.sources.compression import members, open_member
from tocsin.engine.sources.file_names import file_day
from tocsin.engine.sources.formats import FORMATS, as_format
from tocsin.engine.sources.raw import Member, ReadSlice
from tocsin.engine.sources.survey import survey

_SLICE_ROWS = 50_000
_MOST_BYTES = 1 << 42


def groups_of(
    path: Path, source: Source, now: dt.datetime, progress: Callable[[str, int, int], None]
) -> Iterator[ReadSlice]:
    """Each slice of each content of a file; InputError for what cannot be read."""
    for member in members(path):
        yield from _slices(as_format(member, source.format), source, now, progress)


def _slices(
    member: Member, source: Source, now: dt.datetime, progress: Callable[[str, int, int], None]
) -> Iterator[ReadSlice]:
    found = survey(
        member,
        source.format,
        known={},
        slice_records=_SLICE_ROWS,
        most_bytes=_MOST_BYTES,
        reading=source.reading,
    )
    reads_day = source.reading is not None and source.reading.by_file_day
    day = file_day(member.name, now) if reads_day else ""
    done = 0
    with open_member(member, most_bytes=_MOST_BYTES) as content:
        at = 0
        for part in found.slices:
            _skip_to(content.read, part.offset - at)
            progress("reading rows", done, found.records)
            yield FORMATS[source.format].read_slice(
                content, part, found, source=source, report_type=day
            )
            at = part.offset + part.length
            done += part.records
    progress("reading rows", done, found.records)


def _skip_to(read: Callable[[int], bytes], length: int) -> None:
    while length > 0 and (got := len(read(min(length, 1 << 20)))):
        length -= got
