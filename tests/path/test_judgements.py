"""Judgements of people, the whole path: what they keep back, count, and let go again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.fakes.judged import (
    DELAYED,
    FAR,
    HOST,
    IN_TIME,
    ONE_DAY,
    account,
    adds_up,
    alpha_rows,
    day,
    hold,
    judge,
    release,
)
from tests.fakes.small_home import DAY, EVENING, NIGHT, SmallHome, event, report_names, rows_of

from tocsin.engine.judgements.values import Kind, What


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


# --- distrust -----------------------------------------------------------------------------


def test_a_distrusted_sensor_tells_nobody_of_anything_in_its_span(small: SmallHome) -> None:
    small.collect_events(
        [
            event(3600, "192.0.2.1", sensor="pot"),
            event(7200, "192.0.2.2", sensor="pot"),
            event(10800, "192.0.2.3", sensor="pot"),
            event(7200, "192.0.2.4", sensor="other"),
            event(7200, "192.0.2.5"),
        ]
    )
    start = dt.datetime.combine(DAY, dt.time(2), dt.UTC)
    judge(small, Kind.DISTRUST, What.SENSOR, "pot", start=start, end=start + dt.timedelta(hours=1))
    run = small.night()
    told = [host for _, host in alpha_rows(small, run)]
    assert told == ["192.0.2.1", "192.0.2.3", "192.0.2.4", "192.0.2.5"]
    assert (account(run)["distrusted"], account(run)["rows"]) == (1, 4)
    assert adds_up(run)


def test_an_end_to_distrust_counts_from_the_next_night_on(small: SmallHome) -> None:
    start = dt.datetime.combine(DAY, dt.time(), dt.UTC)
    said = judge(small, Kind.DISTRUST, What.SENSOR, "pot", start=start, end=FAR)
    small.collect_events([event(1, sensor="pot")])
    assert account(small.night())["distrusted"] == 1
    release(small, said)
    small.collect_events([event(86_400 + 1, sensor="pot")], now=EVENING + ONE_DAY)
    assert account(small.night(day(1)))["rows"] == 1


# --- withdrawals --------------------------------------------------------------------------


def test_what_is_withdrawn_by_address_was_seen_before_the_expiry(small: SmallHome) -> None:
    small.collect_events([event(60), event(7200), event(60, "192.0.2.11"), event(61, "192.0.2.77")])
    end = dt.datetime.combine(DAY, dt.time(1), dt.UTC)
    judge(small, Kind.WITHDRAWAL, What.ADDRESS, "192.0.2.10/31", end=end, now=end - ONE_DAY)
    run = small.night()
    assert [host for _, host in alpha_rows(small, run)] == [HOST, "192.0.2.77"]
    assert (account(run)["withdrawn"], adds_up(run)) == (2, True)


def test_one_event_is_withdrawn_by_its_id(small: SmallHome) -> None:
    small.collect_events([event(60), event(61, "192.0.2.11")])
    run = small.night()
    published = run.package.root / "lake" / "published" / "2026-11-22" / "r1"
    rows = pq.read_table(published / "event4_sinkhole.parquet").to_pylist()
    identity = next(row["_id"].hex() for row in rows if row["src_ip"] == HOST)
    judge(small, Kind.WITHDRAWAL, What.EVENT, identity)
    again = small.replay_today()
    assert [host for _, host in alpha_rows(small, again)] == ["192.0.2.11"]


def test_a_rule_is_withdrawn_with_all_that_it_said(small: SmallHome) -> None:
    small.collect_events([event(60)])
    judge(small, Kind.WITHDRAWAL, What.RULE, "declared:tocsin-ndjson")
    run = small.night()
    assert (report_names(run), account(run)["withdrawn"]) == ([], 1)


# --- holds --------------------------------------------------------------------------------


def test_what_is_on_hold_goes_out_once_it_is_released_as_delayed_and_once(
    small: SmallHome,
) -> None:
    small.collect_events([event(1), event(2), event(3, "192.0.2.11")])
    held = hold(small)
    first = small.night()
    assert alpha_rows(small, first) == [(IN_TIME, "192.0.2.11")]
    assert (account(first)["on_hold"], adds_up(first)) == (2, True)
    second = small.night(day(1))
    assert (alpha_rows(small, second), adds_up(second)) == ([], True)
    assert account(second, "event4_sinkhole-delayed")["on_hold"] == 2
    release(small, held)
    third = small.night(day(2))
    assert alpha_rows(small, third) == [(DELAYED, HOST)]
    (row,) = rows_of(small, third, "2026-11-24-event4_sinkhole-alpha-asn-delayed.csv")
    assert row["timestamp"] == "2026-11-22 00:00:01"
    assert adds_up(third)
    fourth = small.night(day(3))
    assert (report_names(fourth), fourth.manifest["units"]) == ([], {})


def test_a_hold_ends_by_itself_when_its_time_is_over(small: SmallHome) -> None:
    small.collect_events([event(1)])
    hold(small, end=NIGHT + ONE_DAY)
    assert report_names(small.night()) == []
    assert alpha_rows(small, small.night(day(1))) == [(DELAYED, HOST)]


@pytest.mark.parametrize(
    ("what", "value"),
    [
        (What.RULE, "declared:tocsin-ndjson@1"),
        (What.FAMILY, "Example-Bot"),
        (What.INFECTION, "example-bot"),
        (What.TAG, "second"),
        (What.ADDRESS, "192.0.2.0/28"),
    ],
)
def test_a_hold_may_be_on_an_address_a_rule_or_a_campaign(
    small: SmallHome, what: What, value: str
) -> None:
    other = event(2, "192.0.2.99", infection="other", family="other", tag="third")
    small.collect_events([event(1, tag="first;Second"), other])
    judge(small, Kind.HOLD, what, value)
    run = small.night()
    both = what is What.RULE
    assert account(run)["on_hold"] == (2 if both else 1)
    assert [host for _, host in alpha_rows(small, run)] == ([] if both else ["192.0.2.99"])


@pytest.mark.parametrize("said", ["Gamarue", "andromeda"])
def test_a_hold_on_a_family_means_all_its_names(small: SmallHome, said: str) -> None:
    names = ("andromeda", "Gamarue", "win.andromeda", "dridex")
    hosts = [event(n, f"192.0.2.{n}", family=name) for n, name in enumerate(names, 1)]
    small.collect_events(hosts)
    judge(small, Kind.HOLD, What.FAMILY, said)
    assert [host for _, host in alpha_rows(small, small.night())] == ["192.0.2.4"]


def test_an_event_on_hold_that_comes_again_goes_out_once(small: SmallHome) -> None:
    small.collect_events([event(1)], name="a.ndjson")
    held = hold(small)
    small.night()
    again = [event(1), event(5, "192.0.2.12")]
    small.collect_events(again, name="b.ndjson", now=NIGHT + dt.timedelta(hours=6))
    second = small.night(day(1))
    unit = account(second, "event4_sinkhole-delayed")
    assert (unit["events"], unit["repeated"], unit["on_hold"], unit["rows"]) == (3, 1, 1, 1)
    release(small, held)
    small.collect_events(again, name="c.ndjson", now=NIGHT + dt.timedelta(hours=30))
    third = small.night(day(2))
    assert alpha_rows(small, third) == [(DELAYED, HOST)]
    small.collect_events(again, name="d.ndjson", now=NIGHT + dt.timedelta(hours=54))
    fourth = small.night(day(3))
    assert (alpha_rows(small, fourth), adds_up(fourth)) == ([], True)


def test_an_event_that_comes_again_the_night_it_is_released_goes_out_once(
    small: SmallHome,
) -> None:
    small.collect_events([event(1)], name="a.ndjson")
    held = hold(small)
    small.night()
    release(small, held)
    small.collect_events([event(1), event(1)], name="b.ndjson", now=NIGHT + ONE_DAY / 2)
    second = small.night(day(1))
    # Two equal lines of one file are two sightings, one of which is new.
    assert alpha_rows(small, second) == [(DELAYED, HOST)]
    unit = account(second, "event4_sinkhole-delayed")
    assert (unit["events"], unit["repeated"], unit["merged"], unit["rows"]) == (3, 1, 1, 1)


def test_a_hold_put_on_after_a_report_holds_nothing_that_was_sent(small: SmallHome) -> None:
    small.collect_events([event(1)], name="a.ndjson")
    small.night()
    held = hold(small)
    again = [event(1), event(1, "192.0.2.11")]
    small.collect_events(again, name="b.ndjson", now=NIGHT + ONE_DAY / 2)
    assert account(small.night(day(1)), "event4_sinkhole-delayed")["sent_before"] == 1
    release(small, held)
    assert report_names(small.night(day(2))) == []


def test_a_preview_neither_sends_nor_takes_what_is_on_hold(small: SmallHome) -> None:
    small.collect_events([event(1)])
    held = hold(small)
    small.night()
    release(small, held)
    preview = small.night(day(1), now=EVENING + ONE_DAY, partial=True)
    assert (report_names(preview), preview.manifest["units"]) == ([], {})
    assert alpha_rows(small, small.night(day(1))) == [(DELAYED, HOST)]


def test_a_preview_holds_back_and_leaves_it_to_the_days_own_run(small: SmallHome) -> None:
    small.collect_events([event(1)])
    hold(small, end=NIGHT)
    preview = small.night(now=EVENING, partial=True)
    assert (account(preview)["on_hold"], report_names(preview)) == (1, [])
    assert not (small.home.lake / "withheld").exists()
    assert alpha_rows(small, small.night()) == [(IN_TIME, HOST)]


def test_what_was_on_hold_is_withdrawn_when_it_is_decided_so(small: SmallHome) -> None:
    small.collect_events([event(1)])
    held = hold(small)
    judge(small, Kind.WITHDRAWAL, What.ADDRESS, HOST)
    assert account(small.night())["on_hold"] == 1
    release(small, held)
    second = small.night(day(1))
    assert account(second, "event4_sinkhole-delayed")["withdrawn"] == 1
    assert report_names(second) == []


def test_days_between_change_nothing_for_what_is_on_hold(small: SmallHome) -> None:
    small.collect_events([event(1)])
    held = hold(small)
    small.night()
    release(small, held)
    assert alpha_rows(small, small.night(day(9))) == [(DELAYED, HOST)]
