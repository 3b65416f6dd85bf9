"""Events of any report type in which every column says something, and the rows to expect of them.

Each event has a subject of its own, so that each is a row. Whose an address is follows from a
table of a few prefixes, walked in the plainest way.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Final, TypeAlias

from tests.fakes.small_home import DAY
from tests.strategies.cells import NOTHING, Cell, Reading, Said, Shown, plain
from tests.strategies.hostile_texts import HOSTILE

from tocsin.catalogue.entries import DomainForm, ReportType, SubjectKind
from tocsin.model.columns import Column, ColumnKind

EVENTS: Final = 38
"""More than any column has cells to choose from; one event follows that says next to nothing."""

ROUTES: Final = """\
prefix,asn
192.0.2.0/25,64496
192.0.2.128/25,64497
198.51.100.0/24,64498
2001:db8::/32,64499
"""
PLACES: Final = """\
prefix,country,region,city,naics,sector
192.0.2.0/25,XA,NORTH,ALPHA,517111,Communications
192.0.2.128/25,XB,S\u00dcD,,518210,Information Technology
198.51.100.0/24,XA,EAST,GAMMA,,
2001:db8::/32,XB,WEST,DELTA,611310,Education
"""
"""203.0.113.0/24 is nobody's."""

_PLACES: Final = ("geo", "region", "city", "naics", "sector")
_IN_CAPITALS: Final = frozenset(
    prefix + place
    for prefix in ("", "src_", "dst_", "http_referer_")
    for place in ("geo", "region", "city")
)
_MIDNIGHT: Final = dt.datetime.combine(DAY, dt.time(), dt.UTC)
_LIE: Final[Mapping[str, Said]] = {"asn": 64511, "geo": "XZ", "naics": 999999}

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Source:
    """`keeps`: its word on location stands. `block`: 0 or 1, for subjects of its own."""

    name: str
    block: int
    keeps: bool
    reading: Reading


@dataclass(frozen=True, slots=True)
class Event:
    """`cells`: by column, all of the type's. `moment`: in UTC, with its fraction."""

    moment: dt.datetime
    cells: Mapping[str, Cell]

    def said(self) -> dict[str, Said]:
        """What the sensor says."""
        return {name: cell.said for name, cell in self.cells.items()}

    def shown(self) -> dict[str, Shown]:
        """The row that a report shows."""
        return {name: cell.shown for name, cell in self.cells.items()}


def events_of(report_type: ReportType, source: Source) -> list[Event]:
    """EVENTS full events and one of time and subject alone."""
    choices = [_choices(report_type, source.reading, column) for column in report_type.columns]
    return [_Making(report_type, source, choices, number).event() for number in range(EVENTS + 1)]


def _choices(report_type: ReportType, reading: Reading, column: Column) -> Sequence[Cell]:
    if column.name == "severity":
        return reading.severities(report_type.severity.word)
    if column.name in _IN_CAPITALS:
        return [reading.text(said, upper=True) for said in HOSTILE]
    return reading.cells(column)


@dataclass(frozen=True)
class _Making:
    """One event on its way."""

    report_type: ReportType
    source: Source
    choices: Sequence[Sequence[Cell]]
    """By the place of the column."""
    number: int

    @property
    def bare(self) -> bool:
        return self.number == EVENTS

    def event(self) -> Event:
        # Three events share each moment, so that their ids have to decide on the order.
        seconds = 3600 + self.number // 3 + (0.25 if self.number // 3 % 2 else 0)
        moment = _MIDNIGHT + dt.timedelta(seconds=seconds)
        cells = {"timestamp": Cell(_time_said(moment, self.number), _time_shown(moment))}
        subject, network = self._subject()
        if subject is not None:
            cells[self.report_type.subject.column] = subject
        for place, column in enumerate(self.report_type.columns):
            if column.name not in cells:
                cells[column.name] = NOTHING if self.bare else self._cell(place)
        self._locate(cells, network)
        if self.bare:
            self._fill_in(cells)
        names = self.report_type.column_names
        return Event(moment, {name: cells[name] for name in names})

    def _cell(self, place: int) -> Cell:
        choices = self.choices[place]
        return choices[(self.number + place) % len(choices)]

    def _fill_in(self, cells: dict[str, Cell]) -> None:
        """What a report shows although the event does not say it."""
        counting = self.report_type.counting
        for name in (counting.first_seen, counting.last_seen):
            if name:
                cells[name] = Cell(None, cells["timestamp"].shown)
        if "severity" in cells:
            cells["severity"] = Cell(None, self.report_type.severity.word)

    # --- subjects -----------------------------------------------------------------------

    def _subject(self) -> tuple[Cell | None, Network | None]:
        subject, number = self.report_type.subject, self.number
        if subject.kind is SubjectKind.DOMAIN:
            return self._domain(subject.domain_form), None
        if subject.kind is SubjectKind.NONE:
            return None, None
        host = 1 + 128 * self.source.block + number
        if subject.kind is SubjectKind.PREFIX and number % 3:
            block = 8 * (number // 3 + 16 * self.source.block)
            is_v4 = (subject.version or (4 if number % 3 == 1 else 6)) == 4
            # Of neighbouring numbers each has a prefix of its own.
            size = "/29" if number % 3 == 1 else "/30"
            text = f"198.51.100.{block}{size}" if is_v4 else f"2001:db8:{host:x}::/48"
            network = ipaddress.ip_network(text)
            return Cell(str(network), str(network)), network
        version = subject.version or (4 if number % 2 else 6)
        address = f"192.0.2.{host}" if version == 4 else f"2001:db8::{host:x}"
        return Cell(_spelled(address, number), address), ipaddress.ip_network(address)

    def _domain(self, form: DomainForm) -> Cell:
        name = f"{self.source.name}-{self.number}.example.org"
        hostile = HOSTILE[self.number % len(HOSTILE)]
        said = {
            DomainForm.NAME: name.upper() if self.number % 2 else f"{name}.",
            DomainForm.EMAIL: f"{hostile}@{name}",
            DomainForm.URL: f"https://{name}/{hostile}",
        }[form]
        return self.source.reading.text(said)

    # --- places -------------------------------------------------------------------------

    def _locate(self, cells: dict[str, Cell], subject: Network | None) -> None:
        for column in self.report_type.columns:
            if column.kind is not ColumnKind.ADDRESS or not column.name.endswith("ip"):
                continue
            shown = cells[column.name].shown
            network = ipaddress.ip_network(str(shown)) if shown is not None else None
            if column.name == self.report_type.subject.column:
                network = subject
            prefix = column.name.removesuffix("ip")
            for place, found in _whereabouts(network).items():
                name = prefix + place
                if name in cells:
                    cells[name] = self._located(cells[name], place, found)

    def _located(self, cell: Cell, place: str, found: Shown) -> Cell:
        if not self.source.keeps:
            return Cell(cell.said if self.bare else _LIE.get(place, cell.said), found)
        return cell if cell.shown is not None else Cell(cell.said, found)


def _time_said(moment: dt.datetime, number: int) -> Said:
    if number % 4 == 1:
        return moment.astimezone(dt.timezone(dt.timedelta(hours=-7))).isoformat()
    if number % 4 == 2:
        return f"{moment.timestamp():.2f}"
    return moment.isoformat().replace("+00:00", "Z" if number % 4 else "")


def _time_shown(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _spelled(address: str, number: int) -> str:
    if number % 3 == 1:
        return f" {address} "
    if number % 3 == 2:
        return f"::FFFF:{address}" if "." in address else address.upper().replace("::", ":0:0::")
    return address


def _table(text: str) -> list[tuple[Network, dict[str, str]]]:
    rows = list(csv.DictReader(io.StringIO(text)))
    return [(ipaddress.ip_network(row.pop("prefix")), row) for row in rows]


_ROUTED: Final = _table(ROUTES)
_PLACED: Final = _table(PLACES)


@cache
def _whereabouts(network: Network | None) -> Mapping[str, Shown]:
    """What the tables say of an address; of a wider prefix no more than AS and country."""
    found: dict[str, Shown] = dict.fromkeys(("asn", *_PLACES))
    if network is None:
        return found
    for prefix, row in _ROUTED:
        if _holds(prefix, network):
            found["asn"] = int(row["asn"])
    for prefix, row in _PLACED:
        if _holds(prefix, network):
            found["geo"] = row["country"]
            if network.num_addresses == 1:
                found |= {name: row[name] or None for name in ("region", "city", "sector")}
                found["naics"] = int(row["naics"]) if row["naics"] else None
    return found


def _holds(outer: Network, inner: Network) -> bool:
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]


# --- as files ---------------------------------------------------------------------------


def json_lines(report_type: ReportType, events: Sequence[Event]) -> list[bytes]:
    """The events as lines of tocsin-ndjson, without line ends; escapes in every other one."""
    return [
        json.dumps(
            {"report_type": report_type.id, **event.said()}, ensure_ascii=bool(number % 2)
        ).encode()
        for number, event in enumerate(events)
    ]


def csv_records(report_type: ReportType, events: Sequence[Event]) -> list[bytes]:
    """The events as records of shadowserver-csv, header first, without line ends."""
    rows = [list(report_type.column_names)]
    rows += [[plain(said) for said in event.said().values()] for event in events]
    return [_csv_record(row) for row in rows]


def _csv_record(row: Sequence[str]) -> bytes:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in row).encode()


def row_id(source: Source, header: bytes, record: bytes) -> bytes:
    """The identity of a row that stands once in its file, as the pages of the formats say."""
    parts = (b"tocsin-id-1", source.name.encode(), header, record, b"0")
    return blake2b(b"\0".join(parts), digest_size=16).digest()


def report_line(cells: Sequence[Shown]) -> str:
    """A row of a report by its contract: numbers bare, what is missing nothing, the rest quoted."""
    return ",".join(map(_report_cell, cells)) + "\n"


def _report_cell(cell: Shown) -> str:
    if cell is None or isinstance(cell, int):
        return "" if cell is None else str(cell)
    return '"' + cell.replace('"', '""') + '"'
