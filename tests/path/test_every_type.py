"""Every report type from what a sensor says to the file that people get: each cell as promised."""

from __future__ import annotations

import csv
import io

import pytest
from tests.fakes.night_of_every_type import (
    CATALOGUE,
    REPORTS,
    ROWS,
    SENSORS,
    TYPES,
    Told,
    bytes_of,
    cells_of,
    night_of_every_type,
)
from tests.strategies.every_type import Source, events_of
from tests.strategies.hostile_texts import HOSTILE

from tocsin.model.columns import ColumnKind


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return night_of_every_type(tmp_path_factory)


def test_there_are_all_types_and_both_readers_of_json_have_had_some() -> None:
    assert len(TYPES) == 174
    assert len(TYPES) * ROWS * 3 // 4 > 4_096


@pytest.mark.parametrize("source", [SENSORS, REPORTS], ids=lambda source: source.name)
def test_every_row_is_accepted_and_every_cell_fits(told: Told, source: Source) -> None:
    pieces = told.pieces(source)
    assert told.collected[source.name].refused == []
    assert told.collected[source.name].provisional == []
    assert sum(piece.rows for piece in pieces) == len(TYPES) * ROWS
    for piece in pieces:
        assert piece.adds_up
        assert piece.accepted == piece.rows, (piece.name, piece.rejected, piece.dropped)
        # Urgency is one of five words; another stays beside the row.
        assert set(piece.set_aside) <= {"severity"}, piece.name
        assert not piece.unknown_columns, piece.name
    counted = {name: sum(piece.records.get(name, 0) for piece in pieces) for name in TYPES}
    assert counted == dict.fromkeys(TYPES, ROWS)


def test_the_night_neither_merges_nor_loses_a_row(told: Told) -> None:
    assert set(told.units) == set(TYPES)
    for unit in told.units.values():
        assert (unit["events"], unit["rows"]) == (2 * ROWS, 2 * ROWS)


@pytest.mark.parametrize("name", TYPES)
def test_every_cell_is_shown_as_the_contract_says(told: Told, name: str) -> None:
    report_type = CATALOGUE.report_types[name]
    text = told.report(report_type).decode()
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert header == list(report_type.column_names)
    wanted = cells_of(told.wanted(report_type))
    assert len(rows) == len(wanted)
    for number, (row, cells) in enumerate(zip(rows, wanted, strict=True)):
        assert dict(zip(header, row, strict=True)) == cells, number


@pytest.mark.parametrize("name", TYPES)
def test_a_report_has_the_very_bytes_of_the_contract(told: Told, name: str) -> None:
    report_type = CATALOGUE.report_types[name]
    wanted = bytes_of(report_type, told.wanted(report_type)).split(b"\n")
    lines = told.report(report_type).split(b"\n")
    assert [pair for pair in zip(lines, wanted, strict=True) if pair[0] != pair[1]][:1] == []


def test_the_events_say_something_in_every_column_and_all_that_is_hostile_in_every_text() -> None:
    for name in TYPES:
        report_type = CATALOGUE.report_types[name]
        events = events_of(report_type, REPORTS)
        for column in report_type.columns:
            cells = [event.cells[column.name] for event in events]
            assert any(cell.shown is not None for cell in cells), (name, column.name)
            free = column.name not in ("severity", report_type.subject.column)
            if column.kind is ColumnKind.TEXT and free:
                assert {*HOSTILE} <= {cell.said for cell in cells}, (name, column.name)
