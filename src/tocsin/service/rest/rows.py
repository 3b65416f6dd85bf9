"""The rows of a report: whole numbers as numbers, nothing as "", times with a Z."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator

from tocsin.catalogue.entries import ReportType
from tocsin.model.columns import ColumnKind
from tocsin.service.rest.answers import Columns

Cells = dict[str, str | int]


def rows_of(pieces: Iterable[bytes], report_type: ReportType | None) -> Iterator[Cells]:
    """The rows of a CSV report. A column that the type does not have (any more) is text."""
    lines = csv.reader(_lines(pieces), strict=True)
    header = next(lines, [])
    kinds = [_kind(report_type, name) for name in header]
    for cells in lines:
        yield {
            name: _cell(text, kind) for name, text, kind in zip(header, cells, kinds, strict=True)
        }


def columns_of(report_type: ReportType | None, extra: Iterable[str] = ()) -> Columns:
    """The columns of its rows, with those that a list has appended."""
    columns = report_type.columns if report_type is not None else ()
    own = {each.name: int if each.kind is ColumnKind.INTEGER else str for each in columns}
    return {**own, **{name: str for name in extra if name not in own}}


def _kind(report_type: ReportType | None, name: str) -> ColumnKind:
    column = report_type.column(name) if report_type is not None else None
    return column.kind if column is not None else ColumnKind.TEXT


def _cell(text: str, kind: ColumnKind) -> str | int:
    if not text:
        return ""
    if kind is ColumnKind.INTEGER:
        return int(text)
    return f"{text}Z" if kind is ColumnKind.TIME else text


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Lines with their ends. A piece may end within a character; only LF ends a line."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + decoder.decode(piece)).split("\n")
        for line in whole:
            yield f"{line}\n"
    if rest:
        yield rest
