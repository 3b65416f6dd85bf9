"""Times as sources write them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from tocsin.engine.intake.times import parse_time

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22 07:00:19", "2026-11-22T07:00:19+00:00"),
        ("2026-11-22T07:00:19Z", "2026-11-22T07:00:19+00:00"),
        ("2026-11-22T07:00:19.265120Z", "2026-11-22T07:00:19.265120+00:00"),
        ("2026-11-22T07:00:19.265120999Z", "2026-11-22T07:00:19.265120+00:00"),
        ("2026-11-22 07:00:19 UTC", "2026-11-22T07:00:19+00:00"),
        ("2026-11-22 07:00:19+02:00", "2026-11-22T05:00:19+00:00"),
        ("2026-11-22T07:00:19-0530", "2026-11-22T12:30:19+00:00"),
        ("2026-11-22 07:00", "2026-11-22T07:00:00+00:00"),
        ("2026-11-22", "2026-11-22T00:00:00+00:00"),
        (" 2026-11-22 ", "2026-11-22T00:00:00+00:00"),
        ("Nov 22 07:00:19 2026 GMT", "2026-11-22T07:00:19+00:00"),
        ("Jan  4 23:59:59 1999 GMT", "1999-01-04T23:59:59+00:00"),
        ("1763794819", "2025-11-22T07:00:19+00:00"),
        ("1763794819.5", "2025-11-22T07:00:19.500000+00:00"),
    ],
)
def test_the_usual_forms_are_read(text: str, expected: str) -> None:
    assert parse_time(text, UTC) == dt.datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "22.11.2026 07:00",
        "Okt 22 07:00:19 2026 GMT",
        "Nov 31 07:00:19 2026 GMT",
        "Nov 22 07:00:19 2026 CET",
        "2026-13-01 00:00:00",
        "2026-11-22 25:00:00",
        "2026-W47-7",
        "20261122T070019Z",
        "0",
        "-1763794819",
        "2026-11-22 07:00:19; DROP",
        "٢٠٢٦-11-22",
        "9" * 40,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_time(text, UTC)


def test_a_time_without_zone_is_one_of_the_source() -> None:
    stockholm = ZoneInfo("Europe/Stockholm")
    assert parse_time("2026-07-01 02:00:00", stockholm).hour == 0
    assert parse_time("2026-07-01T02:00:00Z", stockholm).hour == 2


def test_an_hour_that_comes_twice_is_the_earlier_one() -> None:
    stockholm = ZoneInfo("Europe/Stockholm")
    told = parse_time("2026-10-25 02:30:00", stockholm)
    assert told == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
