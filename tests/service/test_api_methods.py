"""The methods about reports, as a program of a subscriber uses them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from tests.fakes.small_home import DAY, event
from tests.service.api_client import Program, made_key, program, text_of
from tests.service.api_night import device, entry, files, night_of_two, take
from tests.service.objecting_world import World

from tocsin.service import clock, keyring
from tocsin.service.delivery.models import Link

FILE = "2026-11-22-event4_sinkhole-alpha-asn.csv"


@pytest.fixture
def night(world: World) -> World:
    return night_of_two(world)


@pytest.fixture
def who(night: World) -> Program:
    return program(made_key(night.alpha.organisation))


def test_reports_are_listed_with_the_fields_that_clients_read(who: Program) -> None:
    found = entry(who)
    assert len(found.pop("id")) == 50
    assert found == {
        "type": "event4_sinkhole",
        "file": FILE,
        "report": "alpha-asn",
        "timestamp": "2026-11-22",
        "url": "http://testserver/types/event4_sinkhole",
        "rows": 2,
    }


def test_every_poll_gives_the_same_ids_also_with_a_new_secret(who: Program) -> None:
    first = who.get("reports/list")
    keyring.rotate()
    assert who.get("reports/list") == first
    assert Link.objects.count() == 2


def test_the_id_is_a_link_to_the_report_as_csv_without_signing_in(
    night: World, who: Program
) -> None:
    got = Client().get(f"/dl/{entry(who)['id']}")
    rows = list(csv.DictReader(io.StringIO(text_of(got))))
    assert [each["src_ip"] for each in rows] == ["192.0.2.10", "192.0.2.11"]
    assert f'filename="{FILE}"' in got.headers["Content-Disposition"]


def test_a_download_is_the_same_rows_as_json(who: Program) -> None:
    link = entry(who)["id"]
    rows = who.get("reports/download", id=link)
    plain = list(csv.DictReader(io.StringIO(text_of(Client().get(f"/dl/{link}")))))
    assert [list(each) for each in rows] == [list(each) for each in plain]
    assert rows[0]["src_port"] == 40001
    assert rows[0]["src_asn"] == 64496
    assert rows[0]["timestamp"] == "2026-11-22 00:00:01Z"
    assert rows[0]["src_hostname"] == ""
    assert rows[1]["infection"] == 'a "b", c'
    schema = who.get("reports/schema", type="event4_sinkhole")
    for row in rows:
        jsonschema.validate(row, schema)
    assert len(who.get("reports/download", id=link, limit="1")) == 1


NARROWED: list[tuple[dict[str, Any], int]] = [
    ({}, 2),
    ({"date": "2026-11-22"}, 2),
    ({"date": "-3:now"}, 2),
    ({"date": "now"}, 0),
    ({"date": "2026-11-20:2026-11-21"}, 0),
    ({"type": "event4_sinkhole"}, 1),
    ({"type": ["event4_sinkhole", "device_id"]}, 2),
    ({"types": ["device_id"]}, 1),
    ({"type": "botnet_drone"}, 1),
    ({"type": "scan_of_elsewhere"}, 0),
    ({"reports": ["alpha-asn"]}, 2),
    ({"reports": ["alpha"]}, 2),
    ({"reports": "alpha-asn@example.org"}, 2),
    ({"limit": 1}, 1),
    ({"limit": "1"}, 1),
    ({"limit": 10**9}, 2),
    ({"query": {}}, 2),
    ({"query": {"ip": "192.0.2.11"}}, 1),
    ({"query": {"ip": "192.0.2.0/24"}, "limit": 1}, 1),
    ({"query": {"asn": 64496, "geo": "XA"}}, 2),
    ({"query": {"asn": 64496}, "type": "device_id"}, 1),
    ({"query": {"asn": 64496}, "date": "now"}, 0),
    ({"query": {"infection": 'a "b*', "type": ["|sinkhole"]}}, 1),
    ({"query": {"ip": "198.51.100.9"}}, 0),
]


def test_what_is_listed_can_be_narrowed(who: Program) -> None:
    for fields, found in NARROWED:
        assert len(files(who, **fields)) == found, fields


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("reports/list", {"date": "yesterday"}, "'date': 'yesterday' is not a day"),
    ("reports/list", {"date": "now:-3"}, "ends before it begins"),
    ("reports/list", {"date": ["2026-11-22"]}, "'date' is no text"),
    ("reports/list", {"limit": 0}, "'limit' is no whole number"),
    ("reports/list", {"limit": "many"}, "'limit' is no whole number"),
    ("reports/list", {"limit": "²"}, "'limit' is no whole number"),
    ("reports/list", {"type": [[]]}, "'type' is no text"),
    ("reports/list", {"type": "a\0b"}, "'type' is no text"),
    ("reports/list", {"type": "\ud800"}, "'type' is no text"),
    ("reports/list", {"type": ["x"] * 1001}, "more than 1000"),
    ("reports/list", {"reports": ["beta-asn"]}, "no list 'beta-asn' is open"),
    ("reports/list", {"reports": ["gamma-asn"]}, "no list 'gamma-asn' is open"),
    ("reports/list", {"query": {"ip": "nonsense"}}, "not an IP address"),
    ("reports/list", {"query": {"isp_name": "Example"}}, "isp_name is in no report here"),
    ("reports/list", {"query": ["ip"]}, "'query' is no object"),
    ("reports/types", {"detail": "perhaps"}, "neither true nor false"),
    ("reports/download", {}, "'id' is missing"),
    ("reports/schema", {"type": "nothing"}, "no report type 'nothing'"),
    ("reports/stats", {"date": "-1:-2"}, "ends before"),
    ("reports/device-info", {}, "exactly one of"),
    ("reports/device-info", {"query": []}, "'query' is no object"),
    ("reports/device-info", {"query": {"ip": "192.0.2.1", "asn": 1}}, "exactly one of"),
    ("reports/device-info", {"query": {"ip": "nonsense"}}, "is no ip"),
    ("reports/device-info", {"query": {"asn": "²"}}, "is no asn"),
    ("reports/device-info", {"query": {"asn": 64497}}, "No supported report filters"),
    ("reports/device-info", {"query": {"ip": "198.51.100.7"}}, "No supported report filters"),
    ("reports/device-info", {"query": {"geo": "XA"}, "date": "-99:now"}, "more than 31 days"),
]


def test_what_cannot_be_so_is_told(who: Program) -> None:
    for method, fields, words in WRONG:
        status, said = who.error(method, **fields)
        assert (status, words in said) == (400, True), said


def test_lists_types_and_figures(who: Program) -> None:
    assert who.get("reports/subscribed") == ["alpha-asn"]
    assert who.get("reports/types", date="-1") == ["device_id", "event4_sinkhole"]
    assert len(who.get("reports/types")) > 170
    first = who.get("reports/types", date="-1:now", detail=True)[1]
    assert first == {
        "type": "event4_sinkhole",
        "description": "Infected machines calling a sinkhole",
        "url": "http://testserver/types/event4_sinkhole",
    }
    header = ["date", "type", "events"]
    sinkhole = ["2026-11-22", "event4_sinkhole", 2]
    assert who.get("reports/stats") == [header, ["2026-11-22", "device_id", 1], sinkhole]
    assert who.get("reports/stats", date="-5:now", type="event4_sinkhole") == [header, sinkhole]
    assert who.get("reports/stats", date="now") == [header]


DEVICES: list[tuple[dict[str, Any], int]] = [
    ({"ip": "192.0.2.10"}, 1),
    ({"ip": "::ffff:192.0.2.10"}, 1),
    ({"ip": "192.0.2.11"}, 0),
    ({"asn": 64496}, 1),
    ({"asn": "AS64496"}, 1),
    ({"geo": "xa"}, 1),
    ({"geo": "XB"}, 0),
]


def test_devices_are_told_out_of_the_own_reports(who: Program) -> None:
    for query, found in DEVICES:
        told = who.get("reports/device-info", query=query)
        assert told["query"] == query
        seen = {
            "timestamp": "2026-11-22 00:00:04Z",
            "ip": "192.0.2.10",
            "port": 443,
            "asn": 64496,
            "geo": "XA",
            "device_vendor": "Example",
            "device_type": "router",
            "device_model": "",
            "device_version": "",
        }
        assert told["devices"] == [seen] * found, query


def test_polls_and_downloads_ask_the_database_the_same_however_many_reports_there_are(
    night: World, who: Program, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    link = who.get("reports/list", date="-3:now")[0]["id"]
    with django_assert_num_queries(6):
        assert len(files(who, date="-3:now", type="event4_sinkhole")) == 1
    with django_assert_num_queries(7):  # who fetched it is noted
        assert len(who.get("reports/download", id=link)) == 1
    for day in (1, 2, 3):
        night.desk.pass_time(dt.timedelta(days=1))
        later = DAY + dt.timedelta(days=day)
        night.small.collect_events(
            [event(86_400 * day + 1), device(86_400 * day + 2)], now=clock.now()
        )
        night.night(later)
        take(night)
    assert len(files(who)) == 8
    with django_assert_num_queries(6):
        assert len(files(who)) == 8
    with django_assert_num_queries(7):  # who fetched it is noted
        assert len(who.get("reports/download", id=link)) == 1


def test_a_poller_keeps_a_tree_of_days_and_fetches_each_report_once(
    night: World, who: Program, tmp_path: Path
) -> None:
    """As the original's own client does it every hour, looking three days back."""
    tree = tmp_path / "tree"

    def poll() -> int:
        fetched = 0
        for each in who.get("reports/list", date="-3:now", limit=1000):
            place = tree / each["timestamp"].replace("-", "/") / f"{each['id']}.csv"
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text_of(Client().get(f"/dl/{each['id']}")))
                fetched += 1
        return fetched

    assert [poll(), poll()] == [2, 0]
    night.desk.pass_time(dt.timedelta(days=1))
    night.small.collect_events([event(86_401)], now=clock.now())
    night.night(DAY + dt.timedelta(days=1))
    take(night)
    assert [poll(), poll()] == [1, 0]
    assert len(list((tree / "2026/11/22").iterdir())) == 2
    assert len(list((tree / "2026/11/23").iterdir())) == 1


def test_the_catalogue_is_published_as_the_original_publishes_its_own(
    who: Program,
) -> None:
    got = Client().get("/schema/reports.json")
    said = got.json()
    assert len(said) > 170
    assert said["event4_sinkhole"]["fields"][0] == "timestamp"
    again = Client().get("/schema/reports.json", headers={"If-None-Match": got.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    schema = who.get("reports/schema", type="device_id")
    assert set(schema["properties"]) == set(said["device_id"]["fields"])


def test_the_parser_of_intelmq_fetches_how_to_read_every_report_that_is_listed(
    who: Program,
) -> None:
    got = Client().get("/intelmq/v1/schema")
    read = {each["file_name"]: each for each in got.json().values()}
    for each in who.get("reports/list"):
        header = text_of(Client().get(f"/dl/{each['id']}")).partition("\n")[0]
        kind = read[each["file"].split("-")[3]]
        told = [name for _, name, *_ in (*kind["required_fields"], *kind["optional_fields"])]
        assert set(next(csv.reader([header]))) == set(told)
    again = Client().get("/intelmq/v1/schema", headers={"If-None-Match": got.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
