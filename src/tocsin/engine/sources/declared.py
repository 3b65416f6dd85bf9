"""The formats `csv` and `ndjson`: the source says how its files are read, see `shaping`."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.entries import Source
from tocsin.catalogue.reading import Reading
from tocsin.engine.sources import tocsin_ndjson
from tocsin.engine.sources.blocks import Bytes
from tocsin.engine.sources.csv_dialect import declared_header, dialect_of
from tocsin.engine.sources.csv_reading import CsvReading
from tocsin.engine.sources.json_lines import FAULT
from tocsin.engine.sources.raw import ReadSlice, Reject, Slice, Survey
from tocsin.engine.sources.shaping import shaped
from tocsin.model.errors import CatalogueError, InputError


def read_csv_slice(
    content: Bytes, part: Slice, survey: Survey, *, source: Source, report_type: str
) -> ReadSlice:
    """Read one slice of CSV. `report_type`: the day of the file, where rows are timed by it."""
    reading = reading_of(source)
    header = declared_header(reading, survey.header)
    if isinstance(header, str):
        raise InputError(header)
    rows = CsvReading(part, header, source, survey, dialect_of(reading))
    for block in rows.account.blocks(content, cells=header.cells):
        rows.add(block)
    return _shaped(rows.account.done(rows.groups("")), source, report_type)


def read_ndjson_slice(
    content: Bytes, part: Slice, survey: Survey, *, source: Source, report_type: str
) -> ReadSlice:
    """Read one slice of NDJSON, whatever the keys of its objects."""
    read = tocsin_ndjson.read_slice(
        content, part, survey, source=source, report_type="", foreign=True
    )
    return _shaped(read, source, report_type)


def read_rewritten_slice(
    content: Bytes, part: Slice, survey: Survey, *, source: Source, report_type: str
) -> ReadSlice:
    """Read one slice of a rewritten content; what could not be read is rejected as `unreadable`."""
    read = read_ndjson_slice(content, part, survey, source=source, report_type=report_type)
    return replace(read, rejects=tuple(_as_rewritten(reject) for reject in read.rejects))


def _as_rewritten(reject: Reject) -> Reject:
    if not reject.raw.startswith(FAULT):
        return reject
    why = reject.raw.removeprefix(FAULT).decode("utf-8", "replace")
    return replace(reject, reason="unreadable", detail=why)


def _shaped(read: ReadSlice, source: Source, day: str) -> ReadSlice:
    try:
        return shaped(read, source, reading_of(source), day)
    except (pa.ArrowException, ValueError, RecursionError) as error:
        # Nothing that a file says may stop the intake of all others.
        raise InputError(
            f"its rows cannot be read as the source declares: {error}"[:300],
            todo="report this with the file, and hand in the others without it",
        ) from error


def check_reading(source: Source) -> None:
    """CatalogueError for a regular expression of the source's that RE2 does not know."""
    for column in source.reading.columns if source.reading else ():
        try:
            if column.match:
                pc.extract_regex(pa.array([""]), column.match)
        except pa.ArrowInvalid as error:
            raise CatalogueError(
                f"{column.match!r} is no regular expression of RE2's: {error}"[:300],
                where=f"the source {source.name}, reading: columns: {column.column}",
                todo="say it in another way",
            ) from error


def reading_of(source: Source) -> Reading:
    """What the source says of its rows; the catalogue sees to it that it says so."""
    if source.reading is None:
        raise ValueError(f"{source.name} does not say how its rows are read")
    return source.reading
