"""What the night waits for, and until when."""

from __future__ import annotations

import datetime as dt

from tocsin.catalogue.entries import Source
from tocsin.engine.intake.ledger import BatchRecord, Output
from tocsin.engine.nightly.expected import day_end, missing_sources, wait_until
from tocsin.model.terms import Terms

DAY = dt.date(2026, 11, 22)
DEADLINE = dt.time(6)


def _source(name: str, expected_by: dt.time | None) -> Source:
    return Source(name, "tocsin-ndjson", "", Terms(), expected_by=expected_by)


FEED = _source("feed", dt.time(4, 30))
SLOW = _source("slow", dt.time(9))
SENSORS = _source("sensors", None)


def _record(source: str, received: str, *days: str) -> BatchRecord:
    outputs = [Output(f"{source}-{day}", "", 1, day, "event4_sinkhole") for day in days]
    return BatchRecord("b", source, "event", received, "", [], False, [], outputs, "")


def test_only_sources_with_an_hour_are_waited_for() -> None:
    assert missing_sources([FEED, SENSORS], [], DAY) == ("feed",)


def test_a_source_has_come_with_rows_of_the_day() -> None:
    came = _record("feed", "2026-11-22T20:00:00+00:00", "2026-11-22")
    assert missing_sources([FEED], [came], DAY) == ()


def test_a_source_has_come_with_anything_after_the_days_end() -> None:
    came = _record("feed", "2026-11-23T04:00:00+00:00", "2026-11-21")
    assert missing_sources([FEED], [came], DAY) == ()


def test_yesterdays_delivery_does_not_count_for_today() -> None:
    came = _record("feed", "2026-11-22T04:00:00+00:00", "2026-11-21")
    assert missing_sources([FEED], [came], DAY) == ("feed",)


def test_the_night_waits_until_the_sources_hour_and_never_past_the_deadline() -> None:
    morning = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    at = wait_until(("feed",), [FEED, SLOW], DAY, DEADLINE)
    assert at == morning.replace(hour=4, minute=30)
    assert wait_until(("feed", "slow"), [FEED, SLOW], DAY, DEADLINE) == morning.replace(hour=6)
    assert wait_until((), [FEED], DAY, DEADLINE) is None


def test_a_day_ends_where_the_next_begins() -> None:
    assert day_end(DAY) == dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
