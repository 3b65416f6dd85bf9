"""The ledger against the same rules in plain Python, finding by finding and day by day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

import pyarrow as pa
import pytest
from tests.engine.nightly.published_worlds import DAY, MIDNIGHT, catalogue, matched, report_type
from tests.engine.nightly.published_worlds import row as published_row

from tocsin.engine.lake.parquet import write_parquet
from tocsin.engine.nightly.findings import next_findings
from tocsin.model.severity import Severity

SCAN = report_type("scan_telnet", ["timestamp", "ip", "port"], subject="ip")
CONTROLLER = report_type("botnet_cc", ["timestamp", "ip", "infection"], subject="ip", window_days=7)
CATALOGUE = catalogue(SCAN, CONTROLLER)
ABSENT_DAYS = 2
HOURS = 24
SOURCES = ("one", "two")


class Seen(NamedTuple):
    """A published row of a day: `ago` hours before the day's end, it was last seen."""

    type: str
    host: int
    what: int
    ago: int
    lasted: int
    events: int
    severity: Severity
    source: str


class Day(NamedTuple):
    seen: Sequence[Seen]
    reported: frozenset[tuple[str, str]]


@dataclass
class Finding:
    """A finding as the oracle keeps it; dates as numbers of days."""

    type: str
    first: int = 10**9
    last: int = -(10**9)
    last_day: int = -(10**9)
    days: int = 0
    events: int = 0
    severity: int = 0
    sources: set[str] = field(default_factory=set)
    fixed: bool = False
    absent: int = 0
    fixed_on: int | None = None
    relapsed_on: int | None = None
    relapses: int = 0

    def step(self, day: int, rows: Sequence[Seen], reported: frozenset[tuple[str, str]]) -> None:
        known = self.last_day
        news = {_date(day, each) for each in rows if _date(day, each) > known}
        self._learn(day, rows)
        self.days += len(news)
        if news:
            latest = max(news)
            if known > -(10**9):
                self.absent = min(self.absent, max(day - latest - 1, 0))
            if self.fixed and self.fixed_on is not None:
                if latest > self.fixed_on:
                    self.fixed, self.relapsed_on = False, latest
                    self.relapses += 1
                elif self.absent < ABSENT_DAYS:
                    self.fixed, self.fixed_on = False, None
        elif not self.fixed and any((source, self.type) in reported for source in self.sources):
            self.absent += 1
        if not self.fixed and self.absent >= ABSENT_DAYS:
            self.fixed, self.fixed_on = True, day

    def _learn(self, day: int, rows: Sequence[Seen]) -> None:
        for each in rows:
            moment, date = _moment(day, each), _date(day, each)
            self.first = min(self.first, moment - each.lasted)
            self.last = max(self.last, moment)
            self.sources.add(each.source)
            if date > self.last_day:
                self.last_day, self.severity = date, each.severity
            elif date == self.last_day:
                self.severity = max(self.severity, each.severity)
            windowed = each.type == CONTROLLER.id
            self.events = max(self.events, each.events) if windowed else self.events + each.events


def _moment(day: int, each: Seen) -> int:
    return (day + 1) * HOURS - each.ago


def _date(day: int, each: Seen) -> int:
    return min(_moment(day, each) // HOURS, day)


def _expected(days: Sequence[Day]) -> dict[tuple[str, int, int], Finding]:
    findings: dict[tuple[str, int, int], Finding] = {}
    for number, day in enumerate(days):
        rows: dict[tuple[str, int, int], list[Seen]] = defaultdict(list)
        for each in day.seen:
            rows[each.type, each.host, each.what].append(each)
        for key in {*findings, *rows}:
            finding = findings.setdefault(key, Finding(key[0]))
            finding.step(number, rows[key], day.reported)
    return findings


def _ledger(days: Sequence[Day], directory: Path, random: Random) -> pa.Table:
    ledger = None
    for number, day in enumerate(days):
        published = []
        for kind in (SCAN, CONTROLLER):
            rows = [_row(number, each) for each in day.seen if each.type == kind.id]
            random.shuffle(rows)
            cut = random.randint(0, len(rows))
            for delayed, part in ((False, rows[:cut]), (True, rows[cut:])):
                path = directory / f"{kind.id}-{delayed}.parquet"
                write_parquet(matched(kind, part), path)
                published.append((kind.id, delayed, path))
        random.shuffle(published)
        ledger = next_findings(
            ledger,
            published,
            CATALOGUE,
            DAY + dt.timedelta(days=number),
            reported=day.reported,
            absent_days=ABSENT_DAYS,
        )
    assert ledger is not None
    return ledger


def _row(day: int, each: Seen) -> dict[str, object]:
    at = MIDNIGHT + dt.timedelta(hours=_moment(day, each))
    said = published_row(
        0,
        at=at,
        first=at - dt.timedelta(hours=each.lasted),
        subject=f"192.0.2.{each.host}",
        count=each.events,
        severity=each.severity,
        source=each.source,
    )
    key = {"port": each.what} if each.type == SCAN.id else {"infection": str(each.what)}
    return said | key


def _found(ledger: pa.Table) -> dict[tuple[str, int, int], tuple[object, ...]]:
    found: dict[tuple[str, int, int], tuple[object, ...]] = {}
    for each in ledger.to_pylist():
        what = int(each["infection"] or each["port"])
        key = (each["report_type"], int(each["subject"].rpartition(".")[2]), what)
        assert key not in found
        found[key] = (
            (each["first_seen"] - MIDNIGHT) // dt.timedelta(hours=1),
            (each["last_seen"] - MIDNIGHT) // dt.timedelta(hours=1),
            (each["last_day"] - DAY).days,
            each["days_seen"],
            each["events"],
            each["severity"],
            each["sources"],
            each["state"],
            each["absent_days"],
            each["fixed_on"] and (each["fixed_on"] - DAY).days,
            each["relapsed_on"] and (each["relapsed_on"] - DAY).days,
            each["relapses"],
        )
    return found


def _told(finding: Finding) -> tuple[object, ...]:
    return (
        finding.first,
        finding.last,
        finding.last_day,
        finding.days,
        finding.events,
        finding.severity,
        sorted(finding.sources),
        "fixed" if finding.fixed else "open",
        finding.absent,
        finding.fixed_on,
        finding.relapsed_on,
        finding.relapses,
    )


def _days(random: Random) -> list[Day]:
    """Twelve days of 160 possible findings; few rows a day, so that some fall silent."""
    pairs = [(source, kind.id) for source in SOURCES for kind in (SCAN, CONTROLLER)]
    return [
        Day(
            seen=[_seen(random) for _ in range(random.randint(0, 50))],
            reported=frozenset(random.sample(pairs, random.randint(0, len(pairs)))),
        )
        for _ in range(12)
    ]


def _seen(random: Random) -> Seen:
    return Seen(
        type=random.choice((SCAN.id, CONTROLLER.id)),
        host=random.randint(1, 40),
        what=random.randint(1, 2),
        ago=random.choice((random.randint(0, 24), random.randint(1, 120))),
        lasted=random.randint(0, 30),
        events=random.randint(1, 5),
        severity=random.choice(list(Severity)),
        source=random.choice(SOURCES),
    )


@pytest.mark.parametrize("seed", range(2))
def test_the_ledger_is_what_the_rules_say_whatever_the_order_of_rows(
    tmp_path: Path, seed: int
) -> None:
    days = _days(Random(seed))
    expected = _expected(days)
    ledger = _ledger(days, tmp_path, Random(1))
    assert _found(ledger) == {key: _told(each) for key, each in expected.items()}
    assert _ledger(days, tmp_path, Random(2)).equals(ledger)
    assert {each.fixed for each in expected.values()} == {True, False}
    assert any(each.relapses for each in expected.values())
    assert any(not each.fixed and each.absent for each in expected.values())
