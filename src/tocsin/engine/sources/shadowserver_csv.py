"""Reports as CSV, as Shadowserver and those who write like it give them."""

from __future__ import annotations

from tocsin.catalogue.entries import Source
from tocsin.engine.sources.blocks import Bytes
from tocsin.engine.sources.csv_dialect import REPORTS
from tocsin.engine.sources.csv_header import parse_header
from tocsin.engine.sources.csv_reading import CsvReading
from tocsin.engine.sources.raw import ReadSlice, Slice, Survey
from tocsin.model.errors import InputError


def read_slice(
    content: Bytes,
    part: Slice,
    survey: Survey,
    *,
    source: Source,
    report_type: str,
) -> ReadSlice:
    """Read one slice of a content as rows of one report type.

    `content` stands at the slice's first byte. The group has the columns of the header, whether
    or not the type has them. Raises InputError if the content is not what was surveyed.
    """
    header = parse_header(survey.header)
    if isinstance(header, str):
        raise InputError(header)
    reading = CsvReading(part, header, source, survey, REPORTS)
    for block in reading.account.blocks(content, cells=header.cells):
        reading.add(block)
    return reading.account.done(reading.groups(report_type))
