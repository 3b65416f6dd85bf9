"""A night with every report type, filled by two sources with every cell and all that is hostile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
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
from typer.testing import CliRunner

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.catalogue.load import load_catalogue
from tocsin.cli.main import application
from tocsin.engine.intake.collect import Collected
from tocsin.engine.intake.ledger import PieceAccount

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
        return (self.folder / report_name(report_type)).read_bytes()

    def wanted(self, report_type: ReportType) -> list[Expected]:
        """The rows in the order of the report."""
        return sorted(self.expected[report_type.id], key=lambda row: row.place)

    def pieces(self, source: Source) -> list[PieceAccount]:
        return [piece for record in self.collected[source.name].records for piece in record.pieces]


class EveryType:
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


def night_of_every_type(factory: pytest.TempPathFactory) -> Told:
    """Made once in a run of the tests; whoever uses it changes nothing of its home."""
    return made_once(factory, "night-of-every-type", lambda root: EveryType(root).told())


def report_name(report_type: ReportType) -> str:
    """The name of the report of a type."""
    by_name = report_type.subject.kind is SubjectKind.DOMAIN
    return f"{DAY}-{report_type.id}-{'names-domain' if by_name else 'all-cidr'}.csv"


def cells_of(rows: Iterable[Expected]) -> list[dict[str, str]]:
    """What a reader of CSV is to find."""
    return [
        {column: "" if cell is None else str(cell) for column, cell in row.event.shown().items()}
        for row in rows
    ]


def bytes_of(report_type: ReportType, rows: Iterable[Expected]) -> bytes:
    """The very bytes of the report."""
    lines = [report_line(report_type.column_names)]
    lines += [report_line(list(row.event.shown().values())) for row in rows]
    return "".join(lines).encode()
