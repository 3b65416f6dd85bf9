"""Meaning: windows, delta, shared addresses, terms and filters over the whole path."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tests.fakes.small_home import (
    DAY,
    EVENING,
    NIGHT,
    SmallHome,
    default_lists,
    event,
    ndjson,
    report_names,
    rows_of,
)

from tocsin.engine.intake.ledger import Ledger

ALPHA = "2026-11-22-event4_sinkhole-alpha-asn.csv"
ONE_DAY = dt.timedelta(days=1)


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def _day(number: int) -> dt.date:
    return DAY + number * ONE_DAY


def _evening(number: int) -> dt.datetime:
    return EVENING + number * ONE_DAY


def _controller(day: int, second: int, host: str = "192.0.2.66") -> dict[str, object]:
    moment = dt.datetime.combine(_day(day), dt.time(), dt.UTC) + dt.timedelta(seconds=second)
    return {
        "report_type": "botnet_cc",
        "timestamp": moment.isoformat(),
        "ip": host,
        "port": 6667,
        "protocol": "tcp",
        "family": "example-bot",
    }


def test_the_controller_list_covers_seven_days_with_one_row_an_address(small: SmallHome) -> None:
    for day in range(9):
        small.collect_events([_controller(day, 60), _controller(day, 120)], now=_evening(day))
        small.night(_day(day))
    run = small.night(_day(8))
    name = f"{_day(8)}-botnet_cc-alpha-asn.csv"
    (row,) = rows_of(small, run, name)
    assert row["first_seen"] == f"{_day(2)} 00:01:00"
    assert row["last_seen"] == f"{_day(8)} 00:02:00"
    assert row["count"] == "14"
    unit = run.manifest["units"]["botnet_cc"]  # type: ignore[index]
    assert (unit["events"], unit["sent_before"]) == (14, 0)


def test_a_controller_seen_late_within_the_window_is_not_delayed(small: SmallHome) -> None:
    small.collect_events([_controller(0, 60)])
    small.night()
    small.collect_events([_controller(0, 90, "192.0.2.67")], now=NIGHT)
    run = small.night(_day(1))
    rows = rows_of(small, run, f"{_day(1)}-botnet_cc-alpha-asn.csv")
    assert sorted(row["ip"] for row in rows) == ["192.0.2.66", "192.0.2.67"]


def test_delta_is_whole_on_sunday_and_holds_the_changes_after_it(small: SmallHome) -> None:
    lists = default_lists()
    lists["lists"][0]["delta"] = True  # type: ignore[index]
    small.write_lists(lists)
    assert DAY.weekday() == 6
    old, new = "192.0.2.10", "192.0.2.20"
    small.collect_events([event(1, old)])
    sunday = small.night()
    assert len(rows_of(small, sunday, ALPHA)) == 1
    small.collect_events([event(86_400 + 5, old), event(86_400 + 6, new)], now=_evening(1))
    monday = small.night(_day(1))
    told = rows_of(small, monday, f"{_day(1)}-event4_sinkhole-alpha-asn.csv")
    assert [row["src_ip"] for row in told] == [new]
    whole = rows_of(small, monday, f"{_day(1)}-event4_sinkhole-cert-xa-geo.csv")
    assert sorted(row["src_ip"] for row in whole) == [old, new]
    assert monday.manifest["units"]["event4_sinkhole"]["unchanged"] == 1  # type: ignore[index]


def test_a_list_that_is_new_since_sunday_gets_everything(small: SmallHome) -> None:
    lists = default_lists()
    added = {"id": 9, "name": "new", "organisation": "alpha", "filter": "asn", "delta": True}
    small.collect_events([event(1)])
    small.night()
    lists["lists"].append(added)  # type: ignore[attr-defined]
    small.write_lists(lists)
    small.collect_events([event(86_400 + 5)], now=_evening(1))
    monday = small.night(_day(1))
    assert len(rows_of(small, monday, f"{_day(1)}-event4_sinkhole-new-asn.csv")) == 1


def test_shared_addresses_keep_some_sightings_apart(small: SmallHome) -> None:
    events = [event(n, "192.0.2.10", src_port=1000 + n) for n in range(10)]
    small.collect_events(events)
    run = small.night(shared_networks=(("192.0.2.0/28", 4),))
    rows = rows_of(small, run, ALPHA)
    assert [row["src_port"] for row in rows] == ["1000", "1001", "1002", "1003"]


def test_a_source_for_nobody_is_stored_and_told_to_nobody(small: SmallHome) -> None:
    terms = "terms: {owners: false, national_certs: false}\n"
    text = f"extends: sensors\ntitle: S\ndescription: S.\n{terms}"
    small.write_source("secret", text)
    small.collect(small.put("a.ndjson", ndjson([event(1)])), source="secret")
    run = small.night()
    assert report_names(run) == []
    assert run.manifest["units"]["event4_sinkhole"]["rows"] == 1  # type: ignore[index]


def test_a_source_for_national_certs_is_not_told_to_owners(small: SmallHome) -> None:
    text = "extends: sensors\ntitle: S\ndescription: S.\nterms: {owners: false}\n"
    small.write_source("certs", text)
    small.collect(small.put("a.ndjson", ndjson([event(1)])), source="certs")
    assert report_names(small.night()) == ["2026-11-22-event4_sinkhole-cert-xa-geo.csv"]


def test_masked_columns_are_empty_in_reports_and_kept_in_the_lake(small: SmallHome) -> None:
    small.collect_events([event(1)])
    (row,) = rows_of(small, small.night(), ALPHA)
    assert row["dst_ip"] == ""
    assert (row["dst_asn"], row["dst_geo"], row["dst_city"]) == ("", "", "")
    assert row["src_ip"] == "192.0.2.10"


def test_the_allow_list_drops_with_its_reason_until_it_ends(small: SmallHome) -> None:
    small.home.policy.mkdir()
    text = "what,reason,expires\n192.0.2.10,our scanner,2026-11-22T12:00:00Z\n"
    (small.home.policy / "allow.csv").write_text(text, encoding="utf-8")
    small.collect_events([event(60), event(13 * 3600), event(60, "192.0.2.11")])
    (record,) = Ledger(small.home.ledger).records()
    assert record.pieces[0].dropped == {"allow_list": 1}
    assert len(rows_of(small, small.night(), ALPHA)) == 2


def test_a_sensors_own_word_on_location_is_not_taken(small: SmallHome) -> None:
    small.collect_events([event(1, src_asn=64511, src_geo="XZ")])
    (row,) = rows_of(small, small.night(), ALPHA)
    assert (row["src_asn"], row["src_geo"], row["src_city"]) == ("64496", "XA", "ALPHA")


def test_a_located_feed_keeps_its_cells_and_its_word_where_the_atlas_is_silent(
    small: SmallHome,
) -> None:
    text = "extends: sensors\ntitle: S\ndescription: S.\nlocation: keep\n"
    small.write_source("feed", text)
    unrouted = event(1, "3fff::1", report_type="event6_sinkhole", src_asn=64496, src_geo="xz")
    routed = event(2, src_geo="xz")
    small.collect(small.put("a.ndjson", ndjson([unrouted, routed])), source="feed")
    run = small.night()
    (row,) = rows_of(small, run, "2026-11-22-event6_sinkhole-alpha-asn.csv")
    assert (row["src_asn"], row["src_geo"]) == ("64496", "XZ")
    (row,) = rows_of(small, run, ALPHA)
    assert (row["src_asn"], row["src_geo"]) == ("64496", "XZ")


def test_an_event_for_two_types_becomes_two_records_of_one_id(small: SmallHome) -> None:
    order = {
        **event(1),
        "report_type": ["event4_honeypot_ddos", "event4_honeypot_ddos_target"],
        "dst_ip": "198.51.100.7",
    }
    collected = small.collect_events([order])
    piece = collected.records[0].pieces[0]
    assert (piece.rows, piece.accepted) == (1, 1)
    assert piece.records == {"event4_honeypot_ddos": 1, "event4_honeypot_ddos_target": 1}
    names = report_names(small.night())
    assert "2026-11-22-event4_honeypot_ddos-alpha-asn.csv" in names
    assert "2026-11-22-event4_honeypot_ddos_target-beta-cidr.csv" in names


def test_observations_are_kept_without_a_report(small: SmallHome) -> None:
    packet = {**event(1), "observation": "darknet_packet", "ttl": 64, "dst_port": "many"}
    del packet["report_type"]
    piece = small.collect_events([packet]).records[0].pieces[0]
    assert piece.observations == {"darknet_packet": 1}
    assert small.night().manifest["totals"]["events"] == 0  # type: ignore[index]


def test_a_type_that_nobody_knows_passes_through_with_its_own_columns(small: SmallHome) -> None:
    name = "2026-11-22-scan_newthing-example-isp-asn.csv"
    text = 'timestamp,ip,port,brand_new,geo\n"2026-11-22 01:00:00",192.0.2.9,99,"a, b",XA\n'
    path = small.put(name, text.encode())
    collected = small.collect(path, source="shadowserver-csv", switched_off=("reserved",))
    assert collected.provisional == ["scan_newthing"]
    (row,) = rows_of(small, small.night(), "2026-11-22-scan_newthing-alpha-asn.csv")
    assert row == {
        "timestamp": "2026-11-22 01:00:00",
        "ip": "192.0.2.9",
        "port": "99",
        "brand_new": "a, b",
        "geo": "XA",
    }
