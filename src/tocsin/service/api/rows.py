"""A report's rows as JSON objects: whole numbers as numbers, nothing as "", times with a Z."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby, islice
from typing import Any

from pydantic_core import to_json

from tocsin.catalogue.entries import ReportType
from tocsin.engine.interop.row import taken_apart
from tocsin.model.columns import Column, ColumnKind

Row = dict[str, object]

_TIME = r"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$"
_PIECE = 64 << 10
_LONGEST = 1 << 17
"""The standard library's reader refuses longer cells, and what an attacker sent to a sensor may be
longer."""


def rows_of(pieces: Iterable[bytes], report_type: ReportType | None) -> Iterator[Row]:
    """The rows of a CSV report. A column that the type does not have (any more) is text."""
    rows = _cells_of(_lines(pieces))
    header = next(rows, [])
    kinds = {name: _kind(report_type, name) for name in header}
    special = [(name, _CELLS[kind]) for name, kind in kinds.items() if kind in _CELLS]
    for cells in rows:
        row: Row = dict(zip(header, cells, strict=True))
        for name, cell in special:
            if row[name]:
                row[name] = cell(row[name])
        yield row


def columns_of(report_type: ReportType | None, extra: Iterable[str] = ()) -> Mapping[str, type]:
    """The columns of the rows of a type, with `int`, or `str` for all that is no number.

    extra: those that a list has appended.
    """
    columns = report_type.columns if report_type is not None else ()
    own = {each.name: int if each.kind is ColumnKind.INTEGER else str for each in columns}
    return {**own, **{name: str for name in extra if name not in own}}


def json_array(rows: Iterable[Mapping[str, object]], most: int | None = None) -> Iterator[bytes]:
    """At most so many rows as a JSON array, in pieces; only a piece is in memory at a time."""
    held, size, between = [b"["], 0, b"\n"
    for row in islice(rows, most):
        text = to_json(row)
        held += (between, text)
        size += len(text)
        between = b",\n"
        if size >= _PIECE:
            yield b"".join(held)
            held, size = [], 0
    held.append(b"]\n" if between == b"\n" else b"\n]\n")
    yield b"".join(held)


def schema_of(entry: ReportType) -> Mapping[str, object]:
    """A JSON Schema of a row of that type, as `rows_of` makes it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": entry.id,
        "description": entry.title,
        "type": "object",
        "additionalProperties": False,
        "required": list(entry.column_names),
        "properties": {each.name: _property(each) for each in entry.columns},
    }


def _property(column: Column) -> Mapping[str, object]:
    said: dict[str, object] = {"description": column.description}
    if column.kind is ColumnKind.INTEGER:
        bounds = {"minimum": column.least, "maximum": column.greatest}
        number = {word: bound for word, bound in bounds.items() if bound is not None}
        return {**said, "anyOf": [{"type": "integer", **number}, {"const": ""}]}
    if column.kind is ColumnKind.TIME:
        return {**said, "type": "string", "pattern": _TIME}
    return {**said, "type": "string"}


def _kind(report_type: ReportType | None, name: str) -> ColumnKind:
    column = report_type.column(name) if report_type is not None else None
    return column.kind if column is not None else ColumnKind.TEXT


_CELLS: Mapping[ColumnKind, Callable[[Any], object]] = {
    ColumnKind.INTEGER: int,
    ColumnKind.TIME: "{}Z".format,
}
"""What is made of a text; of others nothing else is."""


def _cells_of(lines: Iterable[str]) -> Iterator[list[str]]:
    """Each line is a row; the reader for those of any length takes five times as long."""
    for is_long, some in groupby(lines, lambda line: len(line) > _LONGEST):
        if is_long:
            yield from (taken_apart(line.removesuffix("\n")) for line in some)
        else:
            yield from csv.reader(some, strict=True)


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
