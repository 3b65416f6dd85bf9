"""Tests for forged addresses: only a packet that arrived as it was sent tells of a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fakes.small_home import SmallHome, report_names, rows_of
from tests.fakes.web_sensors import EXAMPLES, kept_rows, take, take_example

SESSION: dict[str, object] = {
    "session": 1228001,
    "timestamp": "2026-11-22T15:06:44+00:00",
    "client4": "192.0.2.0/24",
    "nat4": False,
    "routedspoof4": "received",
}


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def test_sessions_of_the_interface_become_reports(small: SmallHome) -> None:
    assert take_example(small, "spoofing-tests").records == {"event4_ip_spoofer": 2}
    run = small.night()
    name = "2026-11-22-event4_ip_spoofer-alpha-asn.csv"
    assert name in report_names(run)
    (row,) = rows_of(small, run, name)
    told = ("src_ip", "network", "routedspoof", "session", "nat", "infection", "version")
    assert [row[each] for each in told] == [
        "192.0.2.0",
        "192.0.2.0/24",
        "received",
        "1228001",
        "false",
        "ip-spoofer",
        "ipv4",
    ]


def test_a_prober_of_ones_own_names_the_address_itself(small: SmallHome) -> None:
    row = {"timestamp": SESSION["timestamp"], "client": "192.0.2.7", "routedspoof": "RECEIVED"}
    piece = take(small, "spoofing-tests", json.dumps([row]).encode())
    assert piece.records == {"event4_ip_spoofer": 1}
    assert kept_rows(small, "records", ("src_ip", "network")) == [("192.0.2.7", None)]


@pytest.mark.parametrize(
    "changed",
    [
        {"routedspoof4": "blocked"},
        {"routedspoof4": "rewritten"},
        {"routedspoof4": "unknown", "privatespoof4": "received"},
        {"routedspoof4": None},
        {"routedspoof4": ["blocked", "received"]},
        {"routedspoof4": "not received"},
        {"client4": None, "client6": "2001:db8::/40", "routedspoof6": "received"},
        {"client4": "192.0.2.0/24, 203.0.113.0/24"},
        {"client4": {"a": "192.0.2.0"}},
    ],
)
def test_what_proves_nothing_tells_nobody(small: SmallHome, changed: dict[str, object]) -> None:
    piece = take(small, "spoofing-tests", json.dumps([SESSION | changed]).encode())
    assert (piece.accepted, piece.dropped) == (0, {"no_rule": 1})


def test_odd_rows_are_told_one_by_one(small: SmallHome) -> None:
    rows = [SESSION, "x", 7, [], SESSION | {"timestamp": None}, SESSION | {"client4": "999.0.2.0"}]
    piece = take(small, "spoofing-tests", json.dumps(rows).encode())
    assert piece.accepted == 1
    assert sum(piece.rejected.values()) + sum(piece.dropped.values()) == 5


def test_a_file_that_is_cut_off_is_refused(small: SmallHome) -> None:
    path = small.put("spoofer.json", EXAMPLES["spoofing-tests"]["content"].encode()[:-40])
    collected = small.collect(path, source="spoofing-tests", switched_off=("reserved",))
    assert len(collected.refused) == 1
