"""Every column of every type, through the CSV of a report into JSON."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.nightly.cells import header_line, plain_line
from tocsin.model.columns import Column, ColumnKind
from tocsin.service.api.rows import json_array, rows_of, schema_of

HOSTILE = 'a "quoted", \u202etext; =1+1 \\ with\ttabs, \x85 and \u2028'
MOMENT = dt.datetime(2026, 11, 22, 23, 59, 59, 999_999, tzinfo=dt.UTC)


@cache
def _catalogue() -> Catalogue:
    return load_catalogue(Path("no-folder-of-this-name"))


def _cell(column: Column) -> int | str | dt.datetime:
    if column.kind is ColumnKind.INTEGER:
        return column.greatest if column.greatest is not None else 1 << 62
    return MOMENT if column.kind is ColumnKind.TIME else HOSTILE


def _expected(column: Column) -> object:
    return "2026-11-22 23:59:59Z" if column.kind is ColumnKind.TIME else _cell(column)


def _csv(entry: ReportType) -> bytes:
    full = plain_line([_cell(each) for each in entry.columns])
    none = plain_line([None] * len(entry.columns))
    return header_line(entry.columns) + (full + none).encode()


@pytest.mark.parametrize("name", sorted(_catalogue().report_types))
def test_each_cell_of_each_type_is_what_it_was(name: str) -> None:
    entry = _catalogue().report_types[name]
    text = b"".join(json_array(rows_of([_csv(entry)], entry)))
    full, empty = json.loads(text)
    assert full == {each.name: _expected(each) for each in entry.columns}
    assert empty == {each.name: "" for each in entry.columns}
    for row in (full, empty):
        jsonschema.validate(row, schema_of(entry))


def test_a_column_that_the_type_has_no_more_is_text() -> None:
    entry = _catalogue().report_types["event4_sinkhole"]
    (row,) = rows_of([b'"timestamp","old"\n"2026-11-22 00:00:01",7\n'], entry)
    assert row == {"timestamp": "2026-11-22 00:00:01Z", "old": "7"}


def test_a_type_that_is_no_more_is_text_all_over() -> None:
    assert list(rows_of([b'"a","b"\n1,""\n'], None)) == [{"a": "1", "b": ""}]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5), st.data())
def test_it_does_not_matter_where_pieces_end(cells: list[str], data: st.DataObject) -> None:
    content = b'"source"\n' + "".join(plain_line([each]) for each in cells).encode()
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=6))
    bounds = sorted({0, len(content), *cuts})
    pieces = [content[a:b] for a, b in pairwise(bounds)]
    tidy = [each.translate({10: " ", 13: " ", 0: " "}) for each in cells]
    assert [row["source"] for row in rows_of(pieces, None)] == tidy


def test_an_empty_report_and_a_limit() -> None:
    assert json.loads(b"".join(json_array(iter([])))) == []
    rows: list[dict[str, object]] = [{"a": number} for number in range(9)]
    assert len(json.loads(b"".join(json_array(rows, 4)))) == 4


def test_many_rows_come_in_pieces() -> None:
    rows: list[dict[str, object]] = [{"a": "x" * 1000} for _ in range(500)]
    pieces = list(json_array(rows))
    assert len(pieces) > 5
    assert json.loads(b"".join(pieces)) == rows
