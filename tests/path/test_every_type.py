"""Every report type from what a sensor says to the file that people get: each cell as promised."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fakes.made_once import made_once
from tests.fakes.small_home import DAY, SmallHome
from tests.strategies.cells import Reading
from tests.strategies.every_type import (
    EVENTS,
    PLACES,
    ROUTES,
    Event,
    Source,
    csv_records,
    events_of,
    json_lines,
    report_line,
    row_id,
)
from tests.strategies.hostile_texts import HOSTILE
from typer.testing import CliRunner

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.catalogue.load import load_catalogue
from tocsin.cli.main import application
from tocsin.engine.intake.collect import Collected
from tocsin.engine.intake.ledger import PieceAccount
from tocsin.model.columns import ColumnKind

CATALOGUE = load_catalogue()
TYPES = sorted(CATALOGUE.report_types)
ROWS = EVENTS + 1

ALLOWING = "filters: {reserved_allowed: [documentation]}\nterms: {masked: []}\n"
SENSORS = Source("sensors", 0, keeps=False, reading=Reading(frozenset({""})))
REPORTS = Source("reports", 1, keeps=True, reading=Reading(frozenset({"", "-"})))
FORMATS = {SENSORS.name: "tocsin-ndjson", REPORTS.name: "shadowserver-csv"}

EVERYBODY = {
    "format": "tocsin-lists/1",
    "organisations": [
        {
            "id": "everybody",
            "name": "Everybody",
            "kind": "owner",
            "networks": [
                {"cidr": "192.0.2.0/24"},
                {"cidr": "198.51.100.0/24"},
                {"cidr": "2001:db8::/32"},
                {"domain": "example.org"},
            ],
        }
    ],
    "lists": [
        {"id": 1, "name": "all", "organisation": "everybody", "filter": "cidr"},
        {"id": 2, "name": "names", "organisation": "everybody", "filter": "domain"},
    ],
}


@dataclass(frozen=True, slots=True)
class Expected:
    """A row of a report, and what it is sorted by."""

    event: Event
    identity: bytes

    @property
    def place(self) -> tuple[dt.datetime, bytes]:
        return self.event.moment, self.identity


@dataclass(frozen=True)
class Told:
    """What went in and what came out. `folder`: the reports as files."""

    expected: Mapping[str, list[Expected]]
    collected: Mapping[str, Collected]
    units: Mapping[str, Mapping[str, int]]
    folder: Path

    def report(self, report_type: ReportType) -> bytes:
        by_name = report_type.subject.kind is SubjectKind.DOMAIN
        name = "names-domain" if by_name else "all-cidr"
        return (self.folder / f"{DAY}-{report_type.id}-{name}.csv").read_bytes()

    def pieces(self, source: Source) -> list[PieceAccount]:
        return [piece for record in self.collected[source.name].records for piece in record.pieces]


class _World:
    """A home that both sources fill with events of all types."""

    def __init__(self, root: Path) -> None:
        self.small = SmallHome.make(root)
        self.small.build_atlas(dt.datetime(2026, 11, 10, tzinfo=dt.UTC), ROUTES, PLACES)
        self.small.write_lists(EVERYBODY)
        for name, base in FORMATS.items():
            text = f"extends: {base}\ntitle: T\ndescription: D.\n{ALLOWING}"
            self.small.write_source(name, text)
        self.expected: dict[str, list[Expected]] = {name: [] for name in TYPES}

    def told(self) -> Told:
        collected = {SENSORS.name: self._by_sensors(), REPORTS.name: self._by_reports()}
        run = self.small.night()
        folder = self.small.home.root.parent / "reports"
        arguments = ["reports", "export", str(folder), "--home", str(self.small.home.root)]
        done = CliRunner().invoke(application("reports"), arguments)
        assert done.exit_code == 0, done.output
        units = run.manifest["units"]
        assert isinstance(units, dict)
        return Told(self.expected, collected, units, folder)

    def _by_sensors(self) -> Collected:
        """Two files: one large enough to be read by compiled loops, one that is not."""
        lines: list[bytes] = []
        for name in TYPES:
            report_type = CATALOGUE.report_types[name]
            events = events_of(report_type, SENSORS)
            made = json_lines(report_type, events)
            self._expect(name, SENSORS, b"", zip(events, made, strict=True))
            lines += made
        cut = len(lines) * 3 // 4
        files = [
            self.small.put(f"{name}.ndjson", b"".join(line + b"\n" for line in part))
            for name, part in (("large", lines[:cut]), ("small", lines[cut:]))
        ]
        return self.small.collect(*files, source=SENSORS.name)

    def _by_reports(self) -> Collected:
        """A file of each type, with the header of its reports."""
        files = []
        for name in TYPES:
            report_type = CATALOGUE.report_types[name]
            events = events_of(report_type, REPORTS)
            header, *made = csv_records(report_type, events)
            self._expect(name, REPORTS, header, zip(events, made, strict=True))
            content = b"".join(line + b"\n" for line in (header, *made))
            files.append(self.small.put(f"{DAY}-{name}-example-geo.csv", content))
        return self.small.collect(*files, source=REPORTS.name)

    def _expect(
        self, name: str, source: Source, header: bytes, made: Iterator[tuple[Event, bytes]]
    ) -> None:
        self.expected[name] += [
            Expected(event, row_id(source, header, record)) for event, record in made
        ]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return made_once(tmp_path_factory, "every-type", lambda folder: _World(folder).told())


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
    expected = sorted(told.expected[name], key=lambda row: row.place)
    assert len(rows) == len(expected)
    for number, (row, wanted) in enumerate(zip(rows, expected, strict=True)):
        shown = {
            column: "" if cell is None else str(cell)
            for column, cell in wanted.event.shown().items()
        }
        assert dict(zip(header, row, strict=True)) == shown, number


@pytest.mark.parametrize("name", TYPES)
def test_a_report_has_the_very_bytes_of_the_contract(told: Told, name: str) -> None:
    report_type = CATALOGUE.report_types[name]
    expected = sorted(told.expected[name], key=lambda row: row.place)
    wanted = [report_line(report_type.column_names)]
    wanted += [report_line(list(row.event.shown().values())) for row in expected]
    lines = [f"{line}\n" for line in told.report(report_type).decode().split("\n")[:-1]]
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
