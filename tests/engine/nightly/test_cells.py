"""The cells of a report: what Arrow writes, what plain Python writes, and what a reader reads."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.engine.lake.schema import stored_type
from tocsin.engine.nightly import cells
from tocsin.engine.nightly.cells import Cell, csv_lines, header_line, plain_line
from tocsin.model.columns import Column, ColumnKind

COLUMNS = tuple(Column(kind.value, kind, "") for kind in ColumnKind)
HARMFUL = str.maketrans("\r\n\x00", "   ")
NASTY = "\r\n\x00\"',;=+-@\\\t\x0b\x0c\x1b\x85\u2028\ufeff\U0001f600|a"
TEXTS = st.none() | st.text(st.sampled_from(NASTY), max_size=8) | st.text(max_size=12)
INTEGERS = st.none() | st.integers(-(1 << 63), (1 << 63) - 1)
TIMES = st.none() | st.datetimes(timezones=st.just(dt.UTC))
ROWS = st.lists(
    st.tuples(
        *(
            {ColumnKind.INTEGER: INTEGERS, ColumnKind.TIME: TIMES}.get(column.kind, TEXTS)
            for column in COLUMNS
        )
    ),
    max_size=12,
)


def _table(rows: list[tuple[Cell, ...]]) -> pa.Table:
    return pa.table(
        {
            column.name: pa.array([row[number] for row in rows], stored_type(column.kind))
            for number, column in enumerate(COLUMNS)
        }
    )


def _written(table: pa.Table) -> list[str]:
    return [line for piece in csv_lines(table, COLUMNS) for line in piece.to_pylist()]


def _line(kind: ColumnKind, *values: Cell) -> str:
    table = pa.table({"x": pa.array(values, stored_type(kind))})
    pieces = csv_lines(table, [Column("x", kind, "")])
    return "".join(line for piece in pieces for line in piece.to_pylist())


@given(ROWS)
@settings(max_examples=cases(66), deadline=None)
def test_the_fast_way_writes_what_the_plain_way_writes(rows: list[tuple[Cell, ...]]) -> None:
    assert _written(_table(rows)) == [plain_line(row) for row in rows]


@given(ROWS)
@settings(max_examples=cases(66), deadline=None)
def test_a_reader_gets_every_cell_back_with_line_breaks_and_nul_as_spaces(
    rows: list[tuple[Cell, ...]],
) -> None:
    text = "".join(_written(_table(rows)))
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert read == [[_as_read(cell) for cell in row] for row in rows]
    assert text.count("\n") == len(rows)
    assert "\r" not in text
    assert "\x00" not in text


def _as_read(cell: Cell) -> str:
    if isinstance(cell, dt.datetime):
        return cell.replace(microsecond=0, tzinfo=None).isoformat(sep=" ")
    return "" if cell is None else str(cell).translate(HARMFUL)


@given(ROWS, st.integers(1, 5), st.integers(1, 400))
@settings(max_examples=cases(60), deadline=None)
def test_how_the_rows_are_cut_into_pieces_does_not_show(
    rows: list[tuple[Cell, ...]], piece_rows: int, piece_bytes: int
) -> None:
    whole = _written(_table(rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "PIECE_ROWS", piece_rows)
        patch.setattr(cells, "PIECE_BYTES", piece_bytes)
        assert _written(_table(rows)) == whole


def test_a_table_of_several_chunks_is_written_as_one() -> None:
    one = _table([(None, 1, None, None, "192.0.2.1", None, None)])
    other = _table([(None, 2, None, None, "192.0.2.2", None, None)])
    assert _written(pa.concat_tables([one, other])) == _written(one) + _written(other)


def test_integers_are_bare_and_all_else_is_quoted() -> None:
    assert _line(ColumnKind.INTEGER, 443) == "443\n"
    assert _line(ColumnKind.DECIMAL, "1.50") == '"1.50"\n'
    assert _line(ColumnKind.BOOLEAN, "Y") == '"Y"\n'
    assert _line(ColumnKind.ADDRESS, "2001:db8::1") == '"2001:db8::1"\n'
    assert _line(ColumnKind.LIST, "tcp;bot") == '"tcp;bot"\n'


@pytest.mark.parametrize("kind", list(ColumnKind))
def test_what_is_missing_is_nothing(kind: ColumnKind) -> None:
    assert _line(kind, None, None) == "\n\n"


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (dt.datetime(2026, 11, 22, 23, 59, 59, 999_999, dt.UTC), "2026-11-22 23:59:59"),
        (dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, dt.UTC), "1969-12-31 23:59:59"),
        (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), "1970-01-01 00:00:00"),
        (dt.datetime(1, 1, 1, tzinfo=dt.UTC), "0001-01-01 00:00:00"),
        (dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, dt.UTC), "9999-12-31 23:59:59"),
    ],
)
def test_times_are_cut_to_the_second_and_never_rounded(moment: dt.datetime, written: str) -> None:
    assert _line(ColumnKind.TIME, moment) == f'"{written}"\n'
    assert plain_line([moment]) == f'"{written}"\n'


@pytest.mark.parametrize("formula", ["=1+2", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("x")'])
def test_a_formula_stays_literal(formula: str) -> None:
    read = next(csv.reader(io.StringIO(_line(ColumnKind.TEXT, formula))))
    assert read == [formula]


def test_the_header_quotes_every_name() -> None:
    columns = [Column("timestamp", ColumnKind.TIME, ""), Column("port", ColumnKind.INTEGER, "")]
    assert header_line(columns) == b'"timestamp","port"\n'
