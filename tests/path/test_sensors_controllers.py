"""Controllers over several days, and lists of them in two forms."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from pathlib import Path

import pytest
from tests.fakes.sinkhole_files import account, example, kept
from tests.fakes.small_home import NIGHT, SmallHome, rows_of

DAY = dt.timedelta(days=1)
OURS = """\
extends: {}
title: Our own
files: ["ours-*"]
examples: {{takes: [ours-1], leaves: [x]}}
filters: {{reserved_allowed: [documentation]}}
"""


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def visit(moment: str, **cells: object) -> bytes:
    said: dict[str, object] = {
        "timestamp": moment,
        "sensor": "monitor-1",
        "ip": "192.0.2.66",
        "port": 6667,
        "protocol": "irc",
        "status": "alive",
        "channel": "#example",
        "family": "example-bot",
    }
    return json.dumps({**said, **cells}).encode() + b"\n"


def test_a_controller_is_one_row_of_all_its_days_with_its_first_and_last_time(
    small: SmallHome,
) -> None:
    small.write_source("our-monitor", OURS.format("cc-monitor"))
    first = visit("2026-11-21T03:00:00Z") + visit("2026-11-21T09:00:00Z")
    second = (
        visit("2026-11-22T03:00:00Z")
        + visit("2026-11-22T21:00:00Z", channel="#other")
        + visit("2026-11-22T23:00:00Z", status="dead")
        + visit("2026-11-22T04:00:00Z", ip="192.0.2.67", protocol="http", channel=None)
    )
    small.collect(small.put("ours-1", first), source="our-monitor", now=NIGHT - DAY)
    small.night(dt.date(2026, 11, 21), now=NIGHT - DAY)
    small.collect(small.put("ours-2", second), source="our-monitor", now=NIGHT)
    run = small.night()
    rows = rows_of(small, run, "2026-11-22-botnet_cc-alpha-asn.csv")
    told = {row["ip"]: row for row in rows}
    assert len(rows) == 2
    both = told["192.0.2.66"]
    assert (both["first_seen"], both["last_seen"], both["count"]) == (
        "2026-11-21 03:00:00",
        "2026-11-22 21:00:00",
        "4",
    )
    assert (both["channel"], both["protocol"], both["family"]) == (
        "#example",
        "irc",
        "example-bot",
    )
    one = told["192.0.2.67"]
    assert (one["first_seen"], one["last_seen"], one["count"]) == (
        "2026-11-22 04:00:00",
        "2026-11-22 04:00:00",
        "",
    )


def test_a_watched_channel_tells_of_its_controller_as_often_as_something_happened(
    small: SmallHome,
) -> None:
    small.write_source("our-watch", OURS.format("irc-watch"))
    content = example("irc-watch").replace(b"203.0.113.66", b"192.0.2.66")
    small.collect(small.put("ours-1", content), source="our-watch", now=NIGHT)
    run = small.night()
    (row,) = rows_of(small, run, "2026-11-22-botnet_cc-alpha-asn.csv")
    assert (row["first_seen"], row["last_seen"], row["count"]) == (
        "2026-11-22 03:00:00",
        "2026-11-22 03:05:00",
        "5",
    )
    bots = rows_of(small, run, "2026-11-22-event4_sinkhole-alpha-asn.csv")
    assert {(bot["src_ip"], bot["dst_ip"]) for bot in bots} == {
        ("192.0.2.15", "192.0.2.66"),
        ("192.0.2.16", "192.0.2.66"),
    }


def test_what_sinkholes_see_reaches_the_owner_and_hides_the_sinkhole(small: SmallHome) -> None:
    small.write_source("our-sinkhole", OURS.format("sinkhole-http"))
    path = small.put("ours-1", example("sinkhole-http"))
    small.collect(path, source="our-sinkhole", now=NIGHT)
    run = small.night()
    rows = rows_of(small, run, "2026-11-22-event4_sinkhole_http-alpha-asn.csv")
    assert {row["src_ip"] for row in rows} == {"192.0.2.10", "192.0.2.13", "192.0.2.31"}
    assert {row["dst_ip"] for row in rows} == {""}
    assert {row["http_host"].partition(".")[0] for row in rows} == {"gate", "ads", "cdn"}
    (click,) = rows_of(small, run, "2026-11-22-click_fraud-alpha-asn.csv")
    assert (click["affiliate_id"], click["method"]) == ("a-17", "sinkhole")


FEODO = ("feodo-tracker", "feodo-tracker-json")
THREATFOX = ("threatfox", "threatfox-json")


@pytest.mark.parametrize(("csv", "array"), [FEODO, THREATFOX])
def test_a_list_says_the_same_as_json(tmp_path: Path, csv: str, array: str) -> None:
    said = []
    for name in (csv, array):
        small = SmallHome.make(tmp_path / name)
        account(small, name, example(name))
        (row,) = kept(small)
        names = ("timestamp", "ip", "port", "infection", "family", "tag", "first_seen", "last_seen")
        said.append({key: row.get(key) for key in (*names, "public_source", "url", "severity")})
    assert said[0] == said[1]


def test_rows_of_a_json_list_are_judged_by_the_rules_of_the_csv_list(small: SmallHome) -> None:
    (row,) = json.loads(example("feodo-tracker-json"))
    rows = [row, {**row, "status": "offline"}, {**row, "ip_address": None}, {}, "x"]
    piece = account(small, "feodo-tracker-json", json.dumps(rows, indent=2).encode())
    assert (piece.accepted, piece.dropped) == (1, {"no_rule": 3})
    assert piece.rejected == {"not_an_object": 1}


def test_the_programming_interface_of_threatfox_is_read_as_well(small: SmallHome) -> None:
    ((row,),) = json.loads(example("threatfox-json")).values()
    given = {**row, "id": "41", "ioc": row["ioc_value"], "first_seen": "2026-11-22 09:10:00 UTC"}
    del given["ioc_value"], given["first_seen_utc"]
    dropper = {**given, "ioc": "http://192.0.2.99/a", "threat_type": "payload_delivery"}
    named = {**given, "ioc": "c2.example.org", "ioc_type": "domain"}
    answer = {"query_status": "ok", "data": [given, dropper, named]}
    piece = account(small, "threatfox-json", json.dumps(answer).encode())
    assert piece.records == {"botnet_cc": 1, "malware_url": 1}
    assert piece.dropped == {"no_rule": 1}


def test_a_list_that_was_cut_off_is_refused_as_a_whole_and_says_where(small: SmallHome) -> None:
    content = example("feodo-tracker-json").rstrip()[:-1]
    path = small.put("feodo.json", content)
    found = small.collect(path, source="feodo-tracker-json", switched_off=("reserved",))
    assert not found.records
    assert "line 14: it ends within the array; fetch it again" in found.refused[0].why


@pytest.mark.parametrize("source", ["sinkhole-access", "feodo-tracker-json", "threatfox-json"])
def test_the_same_records_however_a_file_is_cut_and_packed(tmp_path: Path, source: str) -> None:
    if source == "sinkhole-access":
        content = example(source) * 40
    else:
        listed = json.loads(example(source))
        ((row,), *_) = listed.values() if source == "threatfox-json" else [listed]
        rows = [{**row, "port": n, "ioc_value": f"192.0.2.66:{n}"} for n in range(1, 200)]
        content = json.dumps({"data": rows} if source == "threatfox-json" else rows).encode()
    said = []
    for name, data, size in (("a", content, 250_000), ("b.gz", gzip.compress(content), 7)):
        small = SmallHome.make(tmp_path / name)
        path = small.put(f"{source}-2026-11-22-{name}", data)
        found = small.collect(
            path, source=source, now=NIGHT, switched_off=("reserved",), slice_rows=size
        )
        assert found.refused == []
        said.append(sorted(str(row["_id"]) for row in kept(small)))
    assert len(said[0]) >= 199
    assert said[0] == said[1]


def test_of_an_access_log_that_has_grown_the_new_lines_are_taken(small: SmallHome) -> None:
    content = example("sinkhole-access")
    small.collect(
        small.put("sinkhole-access.log", content),
        source="sinkhole-access",
        now=NIGHT,
        switched_off=("reserved",),
    )
    grown = small.collect(
        small.put("sinkhole-access.log", content + content.splitlines(keepends=True)[0]),
        source="sinkhole-access",
        now=NIGHT,
        switched_off=("reserved",),
    )
    assert (grown.already, grown.records[0].pieces[0].rows) == (6, 1)


def test_the_rule_of_the_page_gives_a_name_its_family(small: SmallHome) -> None:
    page = Path(__file__).parents[2] / "docs" / "operators" / "sensors" / "sinkhole-http.md"
    (rule,) = re.findall(r"^```yaml\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    (small.home.catalogue / "rules").mkdir()
    (small.home.catalogue / "rules" / "gate.yml").write_text(rule, encoding="utf-8")
    account(small, "sinkhole-access", example("sinkhole-access"))
    told = {row.get("src_ip"): row.get("family") for row in kept(small) if "http_url" in row}
    assert told["192.0.2.10"] == told["2001:db8:7::a1"] == "example-family"
