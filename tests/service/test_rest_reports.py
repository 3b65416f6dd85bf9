"""/api/v1: what a key opens, in which forms, page after page, and what it never opens."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any, cast

import pyarrow.parquet as pq
import pytest
from django.test import Client
from tests.fakes.small_home import DAY, event
from tests.service.objecting_world import World
from tests.service.rest_keys import client_of
from tests.service.subscribed import subscribed

from tocsin.engine.reports import find_report, read_report
from tocsin.service import clock
from tocsin.service.delivery.models import Night, Outcome, Report
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.subscribers.models import Network, NetworkState, Organisation

FILE = "2026-11-22-event4_sinkhole-alpha-asn.csv"
OTHER = "2026-11-22-event4_sinkhole-beta-asn.csv"
ONE = f"/api/v1/reports/{FILE}"


@pytest.fixture
def night(world: World) -> World:
    """A night with a report of three rows for `alpha` and one of one row for `beta`."""
    subscribed("beta", ["AS64497"], domain="example.net")
    events = [event(1), event(2, "192.0.2.11"), event(3, "192.0.2.12", infection='a "b", c')]
    world.small.collect_events([*events, event(4, "198.51.100.9")])
    world.night()
    _take(world)
    return world


@pytest.fixture
def alpha(night: World) -> Client:
    return client_of(night.alpha.organisation)


def _take(world: World) -> None:
    notice_nights(clock.now())
    world.desk.work()


def _json(client: Client, path: str, status: int = 200, **headers: str) -> Any:
    answer = client.get(path, headers=headers)
    assert answer.status_code == status, content(answer)
    return json.loads(content(answer))


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_me_says_whose_key_it_is_and_what_it_opens(alpha: Client) -> None:
    assert _json(alpha, "/api/v1/me") == {
        "organisation": {"slug": "alpha", "name": "Alpha"},
        "key": "key 1 of alpha",
        "groups": ["findings", "reports"],
        "lists": ["alpha-asn"],
    }


def test_lists_come_with_the_networks_that_they_have_now(alpha: Client) -> None:
    (said,) = _json(alpha, "/api/v1/lists")["items"]
    assert (said["networks"], said["language"]) == (["asn 64496"], "en")
    Network.objects.update(state=NetworkState.FROZEN)
    assert _json(alpha, "/api/v1/lists")["items"][0]["networks"] == []


def test_types_are_paged_to_the_end_and_each_once(alpha: Client) -> None:
    found, path = [], "/api/v1/types?limit=50"
    while path:
        said = _json(alpha, path)
        found += [each["id"] for each in said["items"]]
        path = said["next"]
    assert found == sorted(set(found))
    assert "event4_sinkhole" in found
    assert len(found) > 150
    one = _json(alpha, "/api/v1/types/event4_sinkhole")
    assert one["columns"][0]["name"] == "timestamp"


def test_a_report_is_listed_and_its_rows_are_the_file_that_is_mailed(
    night: World, alpha: Client
) -> None:
    (said,) = _json(alpha, "/api/v1/reports")["items"]
    finished = find_report(night.small.home.root, FILE)
    assert said == _json(alpha, ONE)
    assert (said["id"], said["rows"], said["sha256"]) == (FILE, 3, finished.slice.sha256)
    got = alpha.get(said["download"])
    assert got.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert content(got) == read_report(finished.package, FILE)


def test_rows_say_the_same_in_every_form(alpha: Client) -> None:
    rows = _json(alpha, f"{ONE}/rows", Accept="application/json")
    lines = content(alpha.get(f"{ONE}/rows", headers={"Accept": "application/x-ndjson"}))
    assert [json.loads(each) for each in lines.splitlines()] == rows
    assert [each["src_ip"] for each in rows] == ["192.0.2.10", "192.0.2.11", "192.0.2.12"]
    assert rows[0]["src_asn"] == 64496
    assert rows[0]["timestamp"] == "2026-11-22 00:00:01Z"
    assert rows[2]["infection"] == 'a "b", c'
    parquet = content(
        alpha.get(f"{ONE}/rows", headers={"Accept": "application/vnd.apache.parquet"})
    )
    table = pq.read_table(io.BytesIO(parquet)).to_pylist()
    assert [{k: "" if v is None else v for k, v in each.items()} for each in table] == rows


def test_records_are_paged_without_loss_or_repetition(alpha: Client) -> None:
    whole = _json(alpha, "/api/v1/records")
    assert (len(whole["items"]), whole["next"]) == (3, None)
    found, path = [], "/api/v1/records?limit=1&type=event4_sinkhole"
    while path:
        got = alpha.get(path)
        said = json.loads(content(got))
        found += said["items"]
        path = said["next"]
        assert ("Link" in got.headers) == bool(path)
    assert found == whole["items"]
    assert [each["src_ip"] for each in found] == ["192.0.2.12", "192.0.2.11", "192.0.2.10"]
    assert list(found[0])[:3] == ["report_type", "report_day", "timestamp"]
    assert (found[0]["report_type"], found[0]["report_day"]) == ("event4_sinkhole", str(DAY))


def test_what_a_client_has_is_not_sent_again(alpha: Client) -> None:
    for path in ("/api/v1/me", "/api/v1/reports", f"{ONE}/rows"):
        etag = alpha.get(path).headers["ETag"]
        again = alpha.get(path, headers={"If-None-Match": etag})
        assert (again.status_code, content(again)) == (304, b"")


def test_a_key_of_some_lists_opens_these_alone(night: World) -> None:
    none = client_of(night.alpha.organisation, lists=frozenset())
    for path in ("/api/v1/lists", "/api/v1/reports", "/api/v1/records"):
        assert _json(none, path)["items"] == []
    assert _json(none, ONE, 404)["status"] == 404
    assert _json(none, f"{ONE}/rows", 404)["status"] == 404


def test_no_key_opens_what_is_anothers(alpha: Client) -> None:
    for path in (f"/api/v1/reports/{OTHER}", f"/api/v1/reports/{OTHER}/rows"):
        said = _json(alpha, path, 404)
        assert said["what" if "what" in said else "detail"]
    assert _json(alpha, "/api/v1/reports?list=beta-asn", 404)["where"] == "list"
    assert "198.51.100.9" not in json.dumps(_json(alpha, "/api/v1/records"))
    assert _json(alpha, "/api/v1/reports?list=nobody-asn", 404)["where"] == "list"


def test_a_group_that_is_missing_is_named(night: World) -> None:
    other = client_of(night.alpha.organisation, groups=frozenset())
    assert _json(other, "/api/v1/me")["groups"] == []
    for path in ("lists", "types", "reports", "records", f"reports/{FILE}"):
        assert "reports" in _json(other, f"/api/v1/{path}", 403)["todo"]


@pytest.mark.parametrize("outcome", [Outcome.HELD, Outcome.DROPPED, Outcome.WAITING])
def test_what_is_held_or_dropped_is_not_shown_nor_is_it_when_made_anew(
    night: World, alpha: Client, outcome: Outcome
) -> None:
    Report.objects.filter(file=FILE).update(outcome=outcome)
    assert _json(alpha, "/api/v1/reports")["items"] == []
    night.replay()
    _take(night)
    # The list was mailed something else of the first revision.
    anew = Report.objects.filter(night__revision=2).exclude(outcome=Outcome.DROPPED)
    anew.update(outcome=Outcome.LATER)
    assert _json(alpha, "/api/v1/reports")["items"] == []
    _json(alpha, f"{ONE}/rows", 404)


def test_what_was_held_is_shown_by_a_revision_that_was_let_go(night: World, alpha: Client) -> None:
    Report.objects.filter(file=FILE).update(outcome=Outcome.HELD)
    night.replay()
    _take(night)
    (said,) = _json(alpha, "/api/v1/reports")["items"]
    assert said["revision"] == 2
    assert alpha.get(f"{ONE}/rows").status_code == 200


def test_a_day_made_anew_is_shown_in_its_newest_revision(night: World, alpha: Client) -> None:
    night.replay()
    _take(night)
    (said,) = _json(alpha, "/api/v1/reports")["items"]
    assert said["revision"] == 2


def test_of_a_network_that_ended_nothing_is_shown(alpha: Client) -> None:
    Network.objects.filter(organisation__slug="alpha").update(state=NetworkState.FROZEN)
    assert _json(alpha, "/api/v1/reports")["items"] == []
    assert _json(alpha, "/api/v1/records")["items"] == []
    _json(alpha, ONE, 404)


def test_of_an_organisation_that_is_frozen_nothing_is_shown(alpha: Client) -> None:
    Organisation.objects.filter(slug="alpha").update(state="frozen")
    for path in ("me", "reports", "records", f"reports/{FILE}/rows"):
        assert _json(alpha, f"/api/v1/{path}", 401)["where"] == "Authorization"


def test_days_before_the_first_and_after_the_last_are_left_out(alpha: Client) -> None:
    day = DAY.isoformat()
    assert len(_json(alpha, f"/api/v1/reports?first={day}&last={day}")["items"]) == 1
    later = (DAY + dt.timedelta(1)).isoformat()
    assert _json(alpha, f"/api/v1/reports?first={later}")["items"] == []
    assert _json(alpha, f"/api/v1/records?first={later}&last={day}", 400)["where"] == "first"


def test_mistakes_are_told_all_at_once(alpha: Client) -> None:
    said = _json(alpha, "/api/v1/reports?limit=0&first=never", 400)
    assert [each["where"] for each in said["problems"]] == ["first", "limit"]
    assert _json(alpha, "/api/v1/reports?cursor=xx", 400)["where"] == "cursor"
    assert _json(alpha, "/api/v1/reports?type=event4_sinkhol", 404)["where"] == "type"
    assert _json(alpha, "/api/v1/me", 406, Accept="image/png")["where"] == "Accept"


def test_without_a_key_nothing_is_said(night: World) -> None:
    for header in ("", "Bearer", "Bearer x.y", "Basic eDp5", "Bearer \x00"):
        answer = Client().get("/api/v1/me", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_cookies_open_nothing(night: World) -> None:
    browser = night.desk.signed_in(night.alpha.account)
    assert browser.get("/api/v1/me").status_code == 401


def test_head_is_answered_like_get_without_a_body(alpha: Client) -> None:
    for path in ("/api/v1/me", f"{ONE}/rows"):
        got, head = alpha.get(path), alpha.head(path)
        assert head.status_code == 200
        assert head.headers["ETag"] == got.headers["ETag"]
        assert content(head) == b""


def test_another_method_is_refused_as_a_problem(alpha: Client) -> None:
    answer = alpha.post("/api/v1/me")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert cast(dict[str, Any], json.loads(answer.content))["status"] == 405


def test_a_day_made_anew_between_two_pages_loses_and_repeats_no_report(
    night: World, alpha: Client
) -> None:
    (first,) = Report.objects.filter(file=FILE)
    for kind in ("event4_sinkhole_dns", "device_id", "scan_http"):
        first.pk, first.report_type = None, kind
        first.file = f"2026-11-22-{kind}-alpha-asn.csv"
        first.save()
    whole = [each["id"] for each in _json(alpha, "/api/v1/reports")["items"]]
    found: list[str] = []
    path = "/api/v1/reports?limit=1"
    while path:
        said = _json(alpha, path)
        found += [each["id"] for each in said["items"]]
        path = said["next"]
        if len(found) == 2:
            night.replay()
            _take(night)
            made = Night.objects.get(revision=2)
            for each in Report.objects.filter(night__revision=1, file__in=set(whole) - {FILE}):
                each.pk, each.night = None, made
                each.save()
    assert found == whole == sorted(whole)
    assert len(found) == 4


def test_an_address_that_is_none_is_told_as_a_problem(alpha: Client) -> None:
    for path in ("", "nothing", "reports/a/b/c", "\x00"):
        said = _json(alpha, f"/api/v1/{path}", 404)
        assert said["todo"].startswith("/api/v1/openapi.json")
    assert Client().get("/nothing").headers["Content-Type"].startswith("text/html")
