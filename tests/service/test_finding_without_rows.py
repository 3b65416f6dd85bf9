"""A finding without the rows that are held or taken back: by cases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tocsin.service.findings.ledger import Finding
from tocsin.service.findings.sightings import Sighting, without


def moment(day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, tzinfo=dt.UTC)


def sighting(day: int, count: int = 1, *, hour: int = 1, windowed: bool = False) -> Sighting:
    row = f"{day} {hour}".encode()
    return Sighting(b"f", row, moment(day, hour), moment(day, hour + 1), count, windowed)


FINDING = Finding(
    id="66",
    report_type="event4_sinkhole",
    subject="192.0.2.10",
    first=None,
    length=None,
    port=None,
    infection="",
    severity="high",
    state="open",
    first_seen=moment(1, 1),
    last_seen=moment(3, 2),
    days_seen=3,
    events=6,
    fixed_on=None,
    relapsed_on=None,
    relapses=0,
)


def test_the_last_day_goes_with_its_rows() -> None:
    found = without(FINDING, [sighting(1), sighting(2, 2)], [sighting(3, 3)])
    assert found == replace(FINDING, last_seen=moment(2, 2), days_seen=2, events=3)


def test_the_first_day_goes_with_its_rows() -> None:
    found = without(FINDING, [sighting(2, 2), sighting(3, 3)], [sighting(1)])
    assert found == replace(FINDING, first_seen=moment(2, 1), days_seen=2, events=5)


def test_a_day_with_other_rows_stays() -> None:
    found = without(FINDING, [sighting(1), sighting(3, hour=1)], [sighting(3, 2, hour=5)])
    assert found == replace(FINDING, events=4)


def test_what_the_ledger_does_not_count_any_more_is_not_taken_off_twice() -> None:
    kept = [sighting(1), sighting(2, 2), sighting(3, 3)]
    assert without(FINDING, kept, [sighting(4, 9)]) == FINDING


def test_a_row_of_two_revisions_is_taken_off_once() -> None:
    found = without(FINDING, [sighting(1)], [sighting(3, 3), sighting(3, 3)])
    assert found.events == 3


def test_of_a_longer_window_the_most_of_one_row_counts() -> None:
    windowed = replace(FINDING, events=3)
    kept = [sighting(1, windowed=True), sighting(2, 2, windowed=True)]
    assert without(windowed, kept, [sighting(3, 3, windowed=True)]).events == 2
    assert without(windowed, kept, [sighting(3, 1, windowed=True)]).events == 3


def test_a_relapse_that_is_taken_back_was_none() -> None:
    relapsed = replace(FINDING, fixed_on=moment(2).date(), relapsed_on=moment(3).date(), relapses=1)
    found = without(relapsed, [sighting(1)], [sighting(3, 3)])
    assert (found.state, found.relapsed_on, found.relapses) == ("fixed", None, 0)
    seen_later = without(relapsed, [sighting(1), sighting(4)], [sighting(3, 3)])
    assert (seen_later.state, seen_later.relapses) == ("open", 0)
