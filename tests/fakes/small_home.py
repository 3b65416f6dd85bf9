"""A small home for tests of the whole path: real files, real steps, a clock of the test's own."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.engine.atlas import build_atlas, save_atlas
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.intake.collect import Collected, Request, Settings, collect
from tocsin.engine.lake.store import LocalStore, Store
from tocsin.engine.nightly.run import Finished, Night, NightSettings
from tocsin.engine.reports import read_report

DAY = dt.date(2026, 11, 22)
EVENING = dt.datetime(2026, 11, 22, 22, 0, tzinfo=dt.UTC)
NIGHT = dt.datetime(2026, 11, 23, 0, 30, tzinfo=dt.UTC)

SENSORS = """\
extends: tocsin-ndjson
title: Test sensors
description: Sensors of the tests, in documentation space.
filters:
  reserved_allowed: [documentation]
"""

ROUTES = """\
prefix,asn
192.0.2.0/24,64496
198.51.100.0/24,64497
203.0.113.0/24,64498
2001:db8::/32,64499
"""

PLACES = """\
prefix,country,region,city
192.0.2.0/24,XA,NORTH,ALPHA
198.51.100.0/24,XB,SOUTH,BETA
203.0.113.0/24,XA,EAST,GAMMA
2001:db8::/32,XB,,
"""

Event = Mapping[str, object]


def event(second: int, host: str = "192.0.2.10", **cells: object) -> Event:
    """A sinkhole event of the day, `second` seconds after midnight."""
    moment = dt.datetime.combine(DAY, dt.time(), dt.UTC) + dt.timedelta(seconds=second)
    return {
        "report_type": "event4_sinkhole",
        "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "protocol": "tcp",
        "src_ip": host,
        "src_port": 40000 + second % 1000,
        "dst_ip": "203.0.113.5",
        "dst_port": 80,
        "infection": "example-bot",
        "family": "example-bot",
        **cells,
    }


def ndjson(events: Sequence[Event]) -> bytes:
    """Events as our own format writes them."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in events)


@dataclass(frozen=True)
class SmallHome:
    """A home with an atlas, a source `sensors`, and lists as the test says.

    `elsewhere`: a store for the lake instead of the home's own folder.
    """

    home: Home
    elsewhere: Store | None = None

    @property
    def store(self) -> Store:
        """Where the lake is."""
        return self.elsewhere or LocalStore(self.home.lake)

    @classmethod
    def make(cls, root: Path, *, source: str = SENSORS) -> SmallHome:
        home = Home.open(root / "home", create=True)
        small = cls(home)
        small.write_source("sensors", source)
        small.build_atlas(dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
        small.write_lists(default_lists())
        return small

    def write_source(self, name: str, text: str) -> None:
        folder = self.home.catalogue / "sources"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    def build_atlas(self, at: dt.datetime, routes: str = ROUTES, places: str = PLACES) -> None:
        folder = self.home.root.parent / f"atlas-{at:%Y%m%dT%H%M}"
        folder.mkdir()
        (folder / "routes.csv").write_text(routes, encoding="utf-8")
        (folder / "places.csv").write_text(places, encoding="utf-8")
        built = build_atlas([folder / "routes.csv"], [folder / "places.csv"], at=at)
        save_atlas(built, self.home.atlases, force=False)

    def write_lists(self, lists: Mapping[str, object]) -> None:
        self.home.lists.write_text(json.dumps(lists, indent=1), encoding="utf-8")

    def put(self, name: str, content: bytes) -> Path:
        """A file as a sensor would leave it, outside of the home."""
        path = self.home.root.parent / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    def collect(
        self,
        *files: Path,
        source: str = "sensors",
        now: dt.datetime = EVENING,
        workers: int = 1,
        slice_rows: int = 250_000,
        historical: bool = False,
        switched_off: tuple[str, ...] = (),
        report_type: str = "",
        without_atlas: bool = False,
        again: bool = False,
    ) -> Collected:
        request = Request(
            files=files,
            source=source,
            received=now,
            report_type=report_type,
            historical=historical,
            switched_off=switched_off,
            without_atlas=without_atlas,
            again=again,
        )
        settings = Settings(workers=workers, slice_rows=slice_rows, store=self.store)
        return collect(self.home, request, settings, _quiet)

    def collect_events(
        self, events: Sequence[Event], *, name: str = "", now: dt.datetime = EVENING
    ) -> Collected:
        """Put events into a file of their own and take it in."""
        number = len(list((self.home.root.parent / "files").glob("*")))
        return self.collect(self.put(name or f"events-{number}.ndjson", ndjson(events)), now=now)

    def night(
        self,
        day: dt.date = DAY,
        *,
        now: dt.datetime | None = None,
        partial: bool = False,
        workers: int = 1,
        shared_networks: tuple[tuple[str, int], ...] = (),
        absent_days: int = 7,
    ) -> Finished:
        clock = now or NIGHT + (day - DAY)
        night = self._night(workers, shared_networks, absent_days)
        return night.run(day, self.home.lists, clock, partial=partial)

    def replay(self, day: dt.date = DAY, *, lists: Path | None = None) -> Finished:
        return self._night(1, (), 7).replay(day, lists)

    def replay_today(self, day: dt.date = DAY) -> Finished:
        """A replay that asks the judgements there are now."""
        return self._night(1, (), 7).replay(day, None, judged_today=True)

    def night_engine(self) -> Night:
        """What makes the runs of this home."""
        return self._night(1, (), 7)

    def _night(self, workers: int, shared: tuple[tuple[str, int], ...], absent_days: int) -> Night:
        settings = NightSettings(
            workers=workers,
            memory_limit="512MB",
            absent_days=absent_days,
            shared_networks=shared,
        )
        return Night(
            self.home,
            self.store,
            home_catalogue(self.home),
            settings,
            _quiet,
        )


def default_lists() -> dict[str, object]:
    """Two owners and a national CERT."""
    return {
        "format": "tocsin-lists/1",
        "organisations": [
            {"id": "alpha", "name": "Alpha", "kind": "owner", "networks": [{"asn": 64496}]},
            {
                "id": "beta",
                "name": "Beta",
                "kind": "owner",
                "networks": [{"cidr": "198.51.100.0/24"}],
            },
            {
                "id": "cert-xa",
                "name": "CERT XA",
                "kind": "national_cert",
                "networks": [{"country": "XA"}],
            },
        ],
        "lists": [
            {"id": 1, "name": "alpha", "organisation": "alpha", "filter": "asn"},
            {"id": 2, "name": "beta", "organisation": "beta", "filter": "cidr"},
            {"id": 3, "name": "cert-xa", "organisation": "cert-xa", "filter": "geo"},
        ],
    }


def report_names(run: Finished) -> list[str]:
    """The names of a run's reports."""
    return sorted(str(report["file"]) for report in run.manifest["reports"])  # type: ignore[attr-defined]


def rows_of(small: SmallHome, run: Finished, name: str) -> list[dict[str, str]]:
    """A report's rows as a reader of CSV sees them."""
    content = read_report(run.package, name)
    return list(csv.DictReader(io.StringIO(content.decode())))


def _quiet(_: str, __: int, ___: int) -> None:
    pass
