"""The formats `csv` and `ndjson`: the source says how its files are read, see `shaping`."""

from __future__ import annotations

from dataclasses import replace

from tocsin.catalogue.entries import Source
from tocsin.catalogue.reading import Reading
from tocsin.engine.sources import tocsin_ndjson
from tocsin.engine.sources.blocks import Bytes
from tocsin.engine.sources.csv_dialect import declared_header, dialect_of
from tocsin.engine.sources.csv_reading import CsvReading
from tocsin.engine.sources.raw import ReadSlice, Slice, Survey
from tocsin.engine.sources.shaping import shaped
from tocsin.model.errors import InputError


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
    return shaped(rows.account.done(rows.groups("")), source, reading, report_type)


def read_ndjson_slice(
    content: Bytes, part: Slice, survey: Survey, *, source: Source, report_type: str
) -> ReadSlice:
    """Read one slice of NDJSON, whatever the keys of its objects."""
    read = tocsin_ndjson.read_slice(
        content, part, survey, source=replace(source, ruled=True), report_type=""
    )
    return shaped(read, source, reading_of(source), report_type)


def reading_of(source: Source) -> Reading:
    """What the source says of its rows; the catalogue sees to it that it says so."""
    if source.reading is None:
        raise ValueError(f"{source.name} does not say how its rows are read")
    return source.reading
