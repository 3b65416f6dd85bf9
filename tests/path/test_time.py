"""Time: which night an event belongs to, whatever the hour at which it arrives."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tests.fakes.small_home import (
    DAY,
    EVENING,
    NIGHT,
    ROUTES,
    SmallHome,
    default_lists,
    event,
    ndjson,
    report_names,
    rows_of,
)

from tocsin.engine.prune import Retention, find_old, remove_old
from tocsin.model.errors import RunError

HOUR = dt.timedelta(hours=1)
NEXT = DAY + dt.timedelta(days=1)
ALPHA = "2026-11-22-event4_sinkhole-alpha-asn.csv"
LATE = "2026-11-23-event4_sinkhole-alpha-asn-delayed.csv"


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def test_an_event_that_comes_a_day_late_is_in_a_delayed_report(small: SmallHome) -> None:
    small.collect_events([event(1)])
    small.night()
    small.collect_events([event(2, "192.0.2.99")], now=NIGHT + 6 * HOUR)
    run = small.night(NEXT)
    assert LATE in report_names(run)
    (row,) = rows_of(small, run, LATE)
    assert (row["src_ip"], row["timestamp"]) == ("192.0.2.99", "2026-11-22 00:00:02")


def test_a_row_that_was_sent_is_not_sent_again_as_delayed(small: SmallHome) -> None:
    small.collect_events([event(1), event(2, "192.0.2.99")], name="a.ndjson")
    small.night()
    again = [event(2, "192.0.2.99"), event(3, "192.0.2.98")]
    small.collect_events(again, name="b.ndjson", now=NIGHT + 6 * HOUR)
    run = small.night(NEXT)
    assert [row["src_ip"] for row in rows_of(small, run, LATE)] == ["192.0.2.98"]
    unit = run.manifest["units"]["event4_sinkhole-delayed"]  # type: ignore[index]
    assert (unit["events"], unit["sent_before"], unit["rows"]) == (2, 1, 1)


def test_an_event_that_comes_three_days_late_is_delayed_too(small: SmallHome) -> None:
    small.collect_events([event(1)])
    for days in range(3):
        small.night(DAY + dt.timedelta(days=days))
    small.collect_events([event(80_000, "192.0.2.99")], now=NIGHT + 48 * HOUR)
    run = small.night(DAY + dt.timedelta(days=3))
    assert "2026-11-25-event4_sinkhole-alpha-asn-delayed.csv" in report_names(run)


def test_an_event_older_than_its_source_allows_is_rejected(small: SmallHome) -> None:
    collected = small.collect_events([event(1)], now=NIGHT + 80 * HOUR)
    assert collected.records[0].pieces[0].rejected == {"too_old": 1}


def test_an_event_of_a_pruned_day_is_rejected_since_nothing_tells_whether_it_was_sent(
    tmp_path: Path,
) -> None:
    small = SmallHome.make(tmp_path)
    text = "extends: sensors\nmax_age: 90 days\ntitle: Patient\ndescription: Late.\n"
    small.write_source("patient", text)
    small.collect_events([event(1)])
    small.night()
    later = DAY + dt.timedelta(days=50)
    retention = Retention()
    old = find_old(small.home, small.store, retention, later)
    assert "records" in {each.tier for each in old}
    remove_old(small.home, small.store, old, retention, later)
    path = small.put("late.ndjson", (tmp_path / "files" / "events-0.ndjson").read_bytes() + b"\n")
    collected = small.collect(path, source="patient", now=NIGHT + dt.timedelta(days=50))
    assert collected.records[0].pieces[0].rejected == {"pruned": 1}


def test_a_feed_by_receipt_is_that_mornings_report_and_not_delayed(small: SmallHome) -> None:
    text = "extends: sensors\nwindow: received\ntitle: Feed\ndescription: A feed.\n"
    small.write_source("feed", text)
    small.night()
    small.collect(small.put("feed.ndjson", ndjson([event(5)])), source="feed", now=NIGHT + 5 * HOUR)
    run = small.night(NEXT)
    name = "2026-11-23-event4_sinkhole-alpha-asn.csv"
    assert name in report_names(run)
    assert rows_of(small, run, name)[0]["timestamp"] == "2026-11-22 00:00:05"


def test_a_network_that_changed_hands_at_noon_tells_each_owner_of_its_own_hours(
    small: SmallHome,
) -> None:
    noon = dt.datetime.combine(DAY, dt.time(12), dt.UTC)
    small.build_atlas(noon, ROUTES.replace("192.0.2.0/24,64496", "192.0.2.0/24,64498"))
    lists = default_lists()
    lists["organisations"].append(  # type: ignore[attr-defined]
        {"id": "gamma", "name": "Gamma", "kind": "owner", "networks": [{"asn": 64498}]}
    )
    lists["lists"].append(  # type: ignore[attr-defined]
        {"id": 4, "name": "gamma", "organisation": "gamma", "filter": "asn"}
    )
    small.write_lists(lists)
    small.collect_events([event(6 * 3600), event(18 * 3600)])
    run = small.night()
    morning = rows_of(small, run, ALPHA)
    evening = rows_of(small, run, "2026-11-22-event4_sinkhole-gamma-asn.csv")
    assert [(row["timestamp"][11:13], row["src_asn"]) for row in morning] == [("06", "64496")]
    assert [(row["timestamp"][11:13], row["src_asn"]) for row in evening] == [("18", "64498")]


def test_a_subscription_that_changed_hands_at_noon_tells_each_of_its_own_hours(
    small: SmallHome,
) -> None:
    lists = default_lists()
    organisations = lists["organisations"]
    organisations[0]["networks"] = [{"asn": 64496, "valid_to": "2026-11-22T12:00:00Z"}]  # type: ignore[index]
    organisations[1]["networks"] = [  # type: ignore[index]
        {"cidr": "192.0.2.0/24", "valid_from": "2026-11-22T12:00:00Z"}
    ]
    small.write_lists(lists)
    small.collect_events([event(6 * 3600), event(18 * 3600)])
    run = small.night()
    morning = rows_of(small, run, ALPHA)
    evening = rows_of(small, run, "2026-11-22-event4_sinkhole-beta-cidr.csv")
    assert [row["timestamp"][11:13] for row in morning] == ["06"]
    assert [row["timestamp"][11:13] for row in evening] == ["18"]


def test_a_renamed_list_is_the_same_list(small: SmallHome) -> None:
    small.collect_events([event(1)])
    before = small.night()
    lists = default_lists()
    lists["lists"][0]["name"] = "alpha-networks"  # type: ignore[index]
    small.write_lists(lists)
    after = small.replay(lists=small.home.lists)
    name = "2026-11-22-event4_sinkhole-alpha-networks-asn.csv"
    assert rows_of(small, after, name) == rows_of(small, before, ALPHA)
    assert {report["list"] for report in after.manifest["reports"]} == {1, 3}  # type: ignore[attr-defined]


def test_a_replay_after_late_data_came_makes_the_same_bytes(small: SmallHome) -> None:
    small.collect_events([event(1), event(2, "192.0.2.99")])
    first = small.night()
    small.collect_events([event(3, "192.0.2.98")], now=NIGHT + 6 * HOUR)
    again = small.replay()
    assert again.package.revision == 2
    for pack in sorted((first.package.path / "packs").iterdir()):
        assert pack.read_bytes() == (again.package.path / "packs" / pack.name).read_bytes()
    assert (first.package.path / "manifest.json").exists()


def test_a_day_that_was_run_is_not_run_twice(small: SmallHome) -> None:
    small.collect_events([event(1)])
    first = small.night()
    second = small.night()
    assert (first.fresh, second.fresh) == (True, False)
    assert first.manifest == second.manifest


def test_an_unfinished_day_is_refused_unless_it_is_said_to_be_partial(small: SmallHome) -> None:
    small.collect_events([event(1)])
    with pytest.raises(RunError, match="not over yet"):
        small.night(now=EVENING)
    partial = small.night(now=EVENING, partial=True)
    assert partial.manifest["partial"] is True
    whole = small.night()
    assert (whole.manifest["partial"], whole.package.revision) == (False, 2)
    assert len(rows_of(small, whole, ALPHA)) == 1


def test_an_event_ahead_of_the_clock_waits_for_its_day(small: SmallHome) -> None:
    ahead = event(86_400 + 60)
    collected = small.collect_events([event(1), ahead], now=NIGHT - HOUR)
    assert collected.records[0].pieces[0].held == 1
    run = small.night()
    assert len(rows_of(small, run, ALPHA)) == 1
    assert report_names(small.night(NEXT)) == [
        "2026-11-23-event4_sinkhole-alpha-asn.csv",
        "2026-11-23-event4_sinkhole-cert-xa-geo.csv",
    ]


def test_an_event_more_than_a_day_ahead_is_rejected(small: SmallHome) -> None:
    collected = small.collect_events([event(3 * 86_400)], now=EVENING)
    assert collected.records[0].pieces[0].rejected == {"future": 1}


def test_historical_rows_are_stored_and_never_reported(small: SmallHome) -> None:
    path = small.put("old.ndjson", ndjson([event(1), event(-400 * 86_400)]))
    collected = small.collect(path, historical=True)
    assert collected.records[0].pieces[0].accepted == 2
    run = small.night()
    assert run.manifest["totals"]["events"] == 0  # type: ignore[index]


def test_a_day_that_a_later_run_has_passed_by_is_refused(small: SmallHome) -> None:
    small.night(NEXT)
    with pytest.raises(RunError, match="has been run already"):
        small.night(DAY)
