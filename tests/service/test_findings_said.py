"""Findings: whose they are, what people say of them, all of it or nothing, and never twice."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from tests.fakes.small_home import DAY, event
from tests.service.objecting_world import ONE_DAY, World
from tests.service.rest_keys import client_of
from tests.service.subscribed import subscribed

from tocsin.model.address import parse_network
from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.models import Outcome, Report
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.findings.labels import read_labels, set_labels
from tocsin.service.findings.models import FindingMark
from tocsin.service.subscribers.models import Case, CaseState, Network, NetworkState

FINDINGS = "/api/v1/findings"
MARKS = "/api/v1/findings/marks"


@pytest.fixture
def night(world: World) -> World:
    """Two findings of `alpha`, one of which was seen twice, and one of `beta`."""
    subscribed("beta", ["AS64497"], domain="example.net")
    events = [event(1), event(2), event(3, "192.0.2.11"), event(4, "198.51.100.9")]
    world.small.collect_events(events)
    world.night()
    _take(world)
    return world


@pytest.fixture
def alpha(night: World) -> Client:
    return client_of(night.alpha.organisation)


def _take(world: World) -> None:
    notice_nights(clock.now())
    world.desk.work()


def _found(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(FINDINGS + query)
    assert answer.status_code == 200, answer.content
    items: list[dict[str, Any]] = json.loads(answer.content)["items"]
    return items


def _say(client: Client, status: int = 200, *marks: dict[str, object]) -> Any:
    answer = client.post(MARKS, json.dumps({"marks": marks}), "application/json")
    assert answer.status_code == status, answer.content
    return json.loads(answer.content)


def test_an_organisation_sees_its_own_findings_alone(night: World) -> None:
    alpha = _found(client_of(night.alpha.organisation))
    assert {each["subject"] for each in alpha} == {"192.0.2.10", "192.0.2.11"}
    assert {each["state"] for each in alpha} == {"open"}
    nothing = client_of(night.alpha.organisation, lists=frozenset())
    assert _found(nothing) == []


def test_nothing_is_seen_of_what_is_held_or_no_longer_theirs(night: World, alpha: Client) -> None:
    Report.objects.update(outcome=Outcome.HELD)
    assert _found(alpha) == []
    Report.objects.update(outcome=Outcome.PLANNED)
    assert len(_found(alpha)) == 2
    Network.objects.update(state=NetworkState.FROZEN)
    assert _found(alpha) == []


def test_findings_are_paged_without_loss(alpha: Client) -> None:
    found, path = [], f"{FINDINGS}?limit=1"
    while path:
        said = json.loads(alpha.get(path).content)
        found += said["items"]
        path = said["next"]
    assert found == _found(alpha)


def test_what_is_said_is_kept_and_said_again_changes_nothing(alpha: Client) -> None:
    one = _found(alpha)[0]
    said = {"id": one["id"], "seen": True, "ticket": "NOC-1", "risk_accepted_until": "2026-12-31"}
    assert _say(alpha, 200, said) == {"changed": 1, "unchanged": 0}
    assert _say(alpha, 200, said) == {"changed": 0, "unchanged": 1}
    assert AuditLine.objects.filter(verb="finding.marked").count() == 1
    (after,) = _found(alpha, "?seen=true")
    assert (after["ticket"], after["risk_accepted_until"]) == ("NOC-1", "2026-12-31")
    assert after["marked_by"] == "admin@example.org by the key key 1 of alpha"
    assert _say(alpha, 200, {"id": one["id"], "ticket": None})["changed"] == 1
    assert _found(alpha, "?seen=true")[0]["ticket"] == ""


def test_all_mistakes_are_told_by_row_and_nothing_is_changed(night: World, alpha: Client) -> None:
    one = _found(alpha)[0]["id"]
    said = _say(
        alpha,
        400,
        {"id": one, "seen": True},
        {"id": "x"},
        {"id": one, "ticket": "t" * 101, "risk_accepted_until": "soon", "colour": "red"},
    )
    told = [(each["where"], each["what"]) for each in said["problems"]]
    assert [where for where, _ in told] == ["row 2", *["row 3"] * 4]
    assert not FindingMark.objects.exists()
    foreign = _say(alpha, 400, {"id": "0" * 32, "seen": True}, {"id": one, "seen": True})
    assert [each["where"] for each in foreign["problems"]] == ["row 1"]
    assert not FindingMark.objects.exists()


def test_a_mark_is_an_organisations_own(night: World, alpha: Client) -> None:
    beta = subscribed("gamma", ["192.0.2.0/24"], domain="example.com")
    other = client_of(beta.organisation)
    assert _found(other) == []
    one = _found(alpha)[0]["id"]
    assert _say(other, 400, {"id": one, "seen": True})["problems"]
    _say(alpha, 200, {"id": one, "seen": True})
    assert FindingMark.objects.get().organisation == night.alpha.organisation


def test_the_table_that_is_downloaded_may_be_sent_back(alpha: Client) -> None:
    table = alpha.get(FINDINGS, headers={"Accept": "text/csv"}).content
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    same = alpha.post(MARKS, table, "text/csv")
    assert json.loads(same.content) == {"changed": 0, "unchanged": 2}
    for each in rows:
        each["ticket"] = "NOC-7"
    held = io.StringIO()
    writer = csv.DictWriter(held, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    done = alpha.post(MARKS, held.getvalue(), "text/csv")
    assert json.loads(done.content) == {"changed": 2, "unchanged": 0}
    assert {each["ticket"] for each in _found(alpha)} == {"NOC-7"}
    cleared = f"id,ticket\n{rows[0]['id']},-\n"
    assert json.loads(alpha.post(MARKS, cleared, "text/csv").content)["changed"] == 1
    assert {each["ticket"] for each in _found(alpha)} == {"", "NOC-7"}


def test_fixed_goes_the_way_of_an_objection_and_only_once(night: World, alpha: Client) -> None:
    one = next(each for each in _found(alpha) if each["subject"] == "192.0.2.10")
    assert _say(alpha, 200, {"id": one["id"], "fixed": True})["changed"] == 1
    assert _say(alpha, 200, {"id": one["id"], "fixed": True})["changed"] == 0
    case = Case.objects.get()
    assert (case.kind, case.state, case.address) == ("fixed", CaseState.IN_FORCE, "192.0.2.10")
    assert case.moment == clock.now()
    after = next(each for each in _found(alpha) if each["id"] == one["id"])
    assert after["fixed"] == "2026-11-23T09:00:00Z"
    assert any(
        "192.0.2.10" in str(each.body) for each in night.desk.letters_to("admin@example.org")
    )


def test_what_is_seen_after_it_was_said_to_be_fixed_is_reported(
    night: World, alpha: Client
) -> None:
    one = next(each for each in _found(alpha) if each["subject"] == "192.0.2.10")
    _say(alpha, 200, {"id": one["id"], "fixed": f"{DAY.isoformat()}T12:00:00Z"})
    night.desk.pass_time(ONE_DAY)
    late = 86_400 + 50
    night.small.collect_events([event(late)], now=clock.now())
    night.night(DAY + ONE_DAY)
    _take(night)
    again = next(each for each in _found(alpha) if each["id"] == one["id"])
    assert again["last_seen"] > again["fixed"]
    assert night.rows(DAY + ONE_DAY) == 1
    assert _say(alpha, 200, {"id": one["id"], "fixed": True})["changed"] == 1
    assert Case.objects.count() == 2


def test_a_claim_that_the_rules_refuse_changes_nothing(night: World, alpha: Client) -> None:
    first, second = _found(alpha)
    said = _say(
        alpha,
        400,
        {"id": first["id"], "seen": True},
        {"id": second["id"], "fixed": "2027-01-01T00:00:00Z"},
    )
    assert [each["where"] for each in said["problems"]] == ["row 2"]
    assert "future" in said["problems"][0]["what"]
    assert not FindingMark.objects.exists()
    assert not Case.objects.exists()


def test_a_key_without_the_group_says_nothing(night: World) -> None:
    reader = client_of(night.alpha.organisation, groups=frozenset({"reports"}))
    assert len(_found(reader)) == 2
    assert "findings" in _say(reader, 403, {"id": "0" * 32})["todo"]


def test_the_label_of_the_longest_prefix_is_shown(night: World, alpha: Client) -> None:
    text = "prefix,label\n192.0.2.0/24,Pool A\n192.0.2.10,Customer 7\n"
    organisation = night.alpha.organisation
    actor = Actor.person("admin@example.org")
    assert set_labels(organisation, read_labels(text), actor, clock.now())
    assert not set_labels(organisation, read_labels(text), actor, clock.now())
    found = {each["subject"]: each["label"] for each in _found(alpha)}
    assert found == {"192.0.2.10": "Customer 7", "192.0.2.11": "Pool A"}


def test_labels_with_mistakes_tell_them_all() -> None:
    with pytest.raises(UsageError) as error:
        read_labels("prefix,label\n192.0.2.1/24,a\n192.0.2.0/24,b\n192.0.2.0/24,c\nx\n")
    assert [each.line for each in error.value.problems] == [2, 4, 5]
    assert read_labels("prefix,label\n2001:db8::/32,x\n") == {parse_network("2001:db8::/32"): "x"}
