"""/api/v1/records: pages that lose and repeat nothing as the world goes on, and what they hide."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
from django.test import Client
from tests.fakes.small_home import DAY, EVENING, event
from tests.service.api_night import device, take
from tests.service.linked import body_of
from tests.service.objecting_world import ONE_DAY, World
from tests.service.rest_keys import client_of
from tests.service.subscribed import subscribed

from tocsin.service import clock
from tocsin.service.delivery.models import Hold, HoldState, HoldWhy, Night, Recall, Report
from tocsin.service.rest import answers
from tocsin.service.rest.cursors import cursor_after

RECORDS = "/api/v1/records"
TYPE = "event4_sinkhole"


@pytest.fixture
def night(world: World) -> World:
    """A night with five rows of sinkholes and a device for `alpha`, and one row for `beta`."""
    subscribed("beta", ["AS64497"], domain="example.net")
    events = [event(second, f"192.0.2.{second}", sensor=f"s{second}") for second in range(1, 6)]
    world.small.collect_events([*events, device(9, "192.0.2.9"), event(8, "198.51.100.9")])
    world.night()
    take(world)
    return world


@pytest.fixture
def alpha(night: World) -> Client:
    return client_of(night.alpha.organisation)


def _next_night(world: World) -> None:
    """A day goes by, and its night brings one row more."""
    world.desk.pass_time(ONE_DAY)
    world.small.collect_events([event(86_400, "192.0.2.99")], now=EVENING + ONE_DAY)
    world.night(DAY + ONE_DAY)
    take(world)


def _json(client: Client, path: str, status: int = 200, **headers: str) -> Any:
    answer = client.get(path, headers=headers)
    assert answer.status_code == status, body_of(answer)
    return json.loads(body_of(answer))


def _pages(client: Client, path: str) -> Iterator[list[dict[str, Any]]]:
    while path:
        said = _json(client, path)
        yield said["items"]
        path = said["next"]


def _places(rows: list[dict[str, Any]]) -> list[str]:
    return [str(row.get("src_ip") or row["ip"]) for row in rows]


def _found(client: Client, **asked: object) -> list[str]:
    said = "&".join(f"{name}={quote(str(value))}" for name, value in asked.items())
    return _places(_json(client, f"{RECORDS}?{said}")["items"])


@pytest.mark.parametrize("sort", ["ascending", "descending"])
def test_pages_lose_and_repeat_nothing_while_nights_come_and_are_made_anew(
    night: World, alpha: Client, sort: str
) -> None:
    whole = _json(alpha, f"{RECORDS}?sort={sort}")["items"]
    assert _places(whole)[:: 1 if sort == "ascending" else -1] == [
        *(f"192.0.2.{number}" for number in range(1, 6)),
        "192.0.2.9",
    ]
    found = []
    for number, rows in enumerate(_pages(alpha, f"{RECORDS}?limit=1&sort={sort}")):
        found += rows
        if number == 1:
            _next_night(night)
        if number == 3:
            night.replay()
            take(night)
    # Upwards, what came meanwhile of the days that are meant stands at the end.
    assert found[: len(whole)] == whole
    assert _places(found[len(whole) :]) == (["192.0.2.99"] if sort == "ascending" else [])
    assert "192.0.2.99" in _found(alpha)


def test_midnight_moves_none_of_the_days_that_a_cursor_goes_on_with(
    night: World, alpha: Client
) -> None:
    pages = _pages(alpha, f"{RECORDS}?limit=4")
    first = next(pages)
    night.desk.pass_time(30 * ONE_DAY)
    assert _found(alpha) == []
    assert len(first) + sum(map(len, pages)) == 6


def test_a_page_that_is_full_and_the_last_says_so(alpha: Client) -> None:
    assert [len(rows) for rows in _pages(alpha, f"{RECORDS}?limit=3")] == [3, 3]


def test_every_form_has_the_same_rows_made_at_once_or_while_they_are_sent(
    alpha: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"{RECORDS}?type={TYPE}&limit=4"
    rows = _json(alpha, path)["items"]
    made = {form: alpha.get(path, headers={"Accept": form.value}) for form in answers.Form}
    monkeypatch.setattr(answers, "_FEW", 1)
    for form, at_once in made.items():
        streamed = alpha.get(path, headers={"Accept": form.value})
        assert (at_once.streaming, streamed.streaming) == (False, True)
        assert body_of(streamed) == at_once.content
        for name in ("ETag", "Link", "Content-Type"):
            assert streamed.headers[name] == at_once.headers[name]
        again = {"Accept": form.value, "If-None-Match": streamed.headers["ETag"]}
        assert alpha.get(path, headers=again).status_code == 304
    lines = made[answers.Form.NDJSON].content.splitlines()
    assert [json.loads(each) for each in lines] == rows
    table = csv.DictReader(io.StringIO(made[answers.Form.CSV].content.decode()))
    assert list(table) == [{name: str(cell) for name, cell in row.items()} for row in rows]
    parquet = pq.read_table(io.BytesIO(made[answers.Form.PARQUET].content)).to_pylist()
    assert [{k: "" if v is None else v for k, v in each.items()} for each in parquet] == rows


def test_rows_are_found_by_what_is_in_them(alpha: Client) -> None:
    assert _found(alpha, query='{"ip": "192.0.2.2/31"}') == ["192.0.2.3", "192.0.2.2"]
    assert _found(alpha, query='{"text": "ROUTER"}') == ["192.0.2.9"]
    assert _found(alpha, type="device_id") == ["192.0.2.9"]
    assert _found(alpha, query='{"asn": 64497}') == []
    assert _found(alpha, list="alpha-asn", sort="ascending", limit=1) == ["192.0.2.1"]


def test_a_type_that_is_called_like_an_area_is_that_type_alone(world: World) -> None:
    client = client_of(world.alpha.organisation)
    framework = "scan_post_exploitation_framework"
    world.small.collect_events([{**device(1), "report_type": framework}])
    world.night()
    take(world)
    assert _found(client, type=framework) == ["192.0.2.10"]
    assert _found(client, type="botnet_cc") == []


def test_what_is_recalled_or_held_is_found_no_more(night: World, alpha: Client) -> None:
    Recall.objects.create(
        kind="sensor", name="s1", first_day=DAY, last_day=DAY, reason="Wrong.", made_at=clock.now()
    )
    assert _found(alpha, type=TYPE) == [f"192.0.2.{number}" for number in (5, 4, 3, 2)]
    kinds = (("address", "192.0.2.5", 3), ("type", TYPE, 0))
    for kind, name, left in kinds:
        hold = Hold.objects.create(
            night=Night.objects.get(), kind=kind, name=name, why=HoldWhy.JUMP,
            state=HoldState.HELD, rows=3, in_reports=1, made_at=clock.now(),
        )  # fmt: skip
        hold.reports.set(Report.objects.filter(report_type=TYPE))
        assert len(_found(alpha, type=TYPE)) == left
    assert _found(alpha) == ["192.0.2.9"]


def test_a_cursor_opens_nothing_that_its_key_does_not(night: World, alpha: Client) -> None:
    beta = client_of(subscribed("gamma", ["AS64498"], domain="example.com").organisation)
    following = _json(alpha, f"{RECORDS}?limit=1")["next"]
    assert _json(beta, following) == {"items": [], "next": None}


REFUSED = (
    ("query=[]", "query"),
    ("query=" + "[" * 1900, "query"),
    ('query={"asn":NaN}', "query"),
    ('query={"nothing":1}', "query"),
    ('query={"asn":"x"}', "query"),
    ('query={"infection":{"a":1}}', "query"),
    ('query={"type":"nothing"}', "query"),
    ("first=2026-11-22&last=2026-11-21", "first"),
    ("first=2026-01-01", "first"),
    ("cursor=%00", "cursor"),
    ("cursor=" + cursor_after("reports", "2026-11-17", "2026-11-23", ""), "cursor"),
    ("cursor=" + cursor_after("records", "x", "2026-11-23", ""), "cursor"),
    ("cursor=" + cursor_after("records", "2026-11-17", "2026-11-23", "x.y"), "query"),
    ("cursor=" + cursor_after("records", "0001-01-01", "9999-12-31", ""), "first"),
    ("last=2026-11-22&cursor=" + cursor_after("records", "2026-11-17", "2026-11-23", ""), "cursor"),
)


def test_what_cannot_be_asked_is_refused_with_what_where_and_what_to_do(world: World) -> None:
    client = client_of(world.alpha.organisation)
    for asked, where in REFUSED:
        said = _json(client, f"{RECORDS}?{asked}", 400)
        assert said["where"] == where, asked
        assert said["detail"], asked
        assert said["todo"] or where == "query", asked


def test_several_mistakes_are_told_at_once(world: World) -> None:
    alpha = client_of(world.alpha.organisation)
    said = _json(alpha, f"{RECORDS}?sort=sideways&limit=10001&query={'x' * 2001}", 400)
    assert {each["where"] for each in said["problems"]} == {"sort", "limit", "query"}
