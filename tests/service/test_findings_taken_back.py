"""Findings, evidence and trends follow the night brake and recalls."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.test import Client
from tests.fakes.small_home import DAY, event
from tests.service.objecting_world import FALSE, ONE_DAY, World
from tests.service.rest_keys import client_of
from tests.service.sent_night import recall, sent_night, take

from tocsin.service import clock
from tocsin.service.delivery.models import Night, NightState, Outcome, Report
from tocsin.service.delivery.trends import trends_of
from tocsin.service.findings.ledger import Finding
from tocsin.service.findings.own import own_findings

ONE, TWO, THREE = "192.0.2.10", "192.0.2.11", "192.0.2.12"


@pytest.fixture
def given(world: World) -> World:
    """A night: ONE and TWO by sensor s1, THREE by s2."""
    return sent_night(world)


@pytest.fixture
def rest(given: World) -> Client:
    return client_of(given.alpha.organisation)


def found(world: World) -> dict[str, Finding]:
    """The findings of `alpha`, by subject."""
    lists = {world.alpha.list.pk: world.alpha.list}
    return {each.subject: each for each in own_findings(lists, clock.now())}


def states(world: World) -> dict[str, str]:
    return {subject: each.state for subject, each in found(world).items()}


def next_night(world: World, *events: object) -> dt.date:
    """The night after, taken."""
    world.desk.pass_time(ONE_DAY)
    world.small.collect_events(events, now=clock.now())  # type: ignore[arg-type]
    world.night(DAY + ONE_DAY)
    take(world)
    return DAY + ONE_DAY


def test_a_finding_of_rows_that_are_taken_back_is_withdrawn(given: World, rest: Client) -> None:
    recall(given)
    assert states(given) == {THREE: "open", ONE: "withdrawn", TWO: "withdrawn"}
    said = json.loads(rest.get("/api/v1/findings?state=withdrawn").content)["items"]
    assert {each["subject"] for each in said} == {ONE, TWO}
    page = given.desk.signed_in(given.alpha.account)
    assert ONE not in page.get("/organisations/alpha/findings").content.decode()
    assert ONE in page.get("/organisations/alpha/findings?state=withdrawn").content.decode()


def test_it_stays_withdrawn_when_the_day_is_made_again(given: World) -> None:
    recall(given)
    given.small.replay_today()
    take(given)
    assert states(given) == {THREE: "open", ONE: "withdrawn", TWO: "withdrawn"}


def test_one_event_withdraws_its_own_finding_alone(given: World) -> None:
    case = given.says(FALSE, TWO)[0]
    recall(given, "--event", case.rows[0]["event"])
    assert states(given) == {ONE: "open", THREE: "open", TWO: "withdrawn"}


def test_nothing_of_what_is_withdrawn_can_be_fixed_but_a_ticket_stands(
    given: World, rest: Client
) -> None:
    one = found(given)[ONE].id
    recall(given)

    def say(**said: object) -> int:
        body = json.dumps({"marks": [{"id": one, **said}]})
        return rest.post("/api/v1/findings/marks", body, "application/json").status_code

    assert say(fixed=True) == 400
    assert say(ticket="NOC-1") == 200


def test_what_else_was_seen_keeps_a_finding_open_without_the_rows(given: World) -> None:
    before = found(given)[THREE]
    day = next_night(given, event(86_401, THREE, sensor="s1"), event(86_402, ONE, sensor="s2"))
    seen = found(given)[THREE]
    assert (seen.events, seen.days_seen, seen.last_seen.date()) == (2, 2, day)
    recall(given, day=day)
    after = found(given)[THREE]
    assert (after.state, after.events, after.days_seen) == ("open", 1, 1)
    assert (after.first_seen, after.last_seen) == (before.first_seen, before.last_seen)
    assert found(given)[ONE].events == 2


def test_a_held_row_makes_no_finding_and_no_figure_until_it_is_released(given: World) -> None:
    day = next_night(given, event(86_401, THREE, sensor="s2"), event(86_402, "192.0.2.13"))
    Report.objects.filter(day=day).update(outcome=Outcome.HELD)
    held = found(given)
    assert set(held) == {ONE, TWO, THREE}
    assert (held[THREE].events, held[THREE].last_seen.date()) == (1, DAY)
    Report.objects.filter(day=day).update(outcome=Outcome.PLANNED)
    released = found(given)
    assert set(released) == {ONE, TWO, THREE, "192.0.2.13"}
    assert (released[THREE].events, released[THREE].last_seen.date()) == (2, day)


@pytest.mark.parametrize(
    "night", [{"partial": True, "state": NightState.LATER}, {"looked_at": None}]
)
def test_a_night_that_does_not_count_yet_says_nothing(
    given: World, night: dict[str, object]
) -> None:
    before = found(given)
    day = next_night(given, event(86_401, THREE, sensor="s2"))
    Night.objects.filter(day=day).update(**night)
    Report.objects.filter(day=day).update(outcome=Outcome.HELD)
    assert found(given) == before


def evidence(world: World, subject: str) -> list[int]:
    """Of the rows about it that a claimant has in view, the recalls, 0 for none."""
    return [each["recalled"] for each in world.says(FALSE, subject)[0].rows]


def test_a_case_marks_the_rows_that_are_taken_back(given: World) -> None:
    number = recall(given)
    assert evidence(given, ONE) == [number]
    assert evidence(given, THREE) == [0]


def test_a_case_made_before_shows_what_was_taken_back_since(given: World) -> None:
    case = given.says(FALSE, ONE)[0]
    other = given.says(FALSE, THREE)[0]
    number = recall(given)
    browser = given.desk.signed_in(given.desk.reviewer())
    words = f"taken back: recall {number}"
    assert words in browser.get(f"/staff/cases/{case.pk}").content.decode()
    assert words not in browser.get(f"/staff/cases/{other.pk}").content.decode()


@pytest.mark.parametrize(
    "night",
    [
        {"partial": True, "state": NightState.LATER},
        {"looked_at": None, "state": NightState.TAKEN},
    ],
)
def test_of_a_run_that_nobody_was_given_nothing_is_evidence(
    given: World, night: dict[str, object]
) -> None:
    Night.objects.update(**night)
    assert evidence(given, ONE) == []


def test_what_is_held_is_no_evidence(given: World) -> None:
    Report.objects.update(outcome=Outcome.HELD)
    assert evidence(given, ONE) == []
    Report.objects.update(outcome=Outcome.PLANNED)
    assert evidence(given, ONE) == [0]


def test_the_evidence_of_a_day_is_of_its_newest_run_that_was_given_out(given: World) -> None:
    given.replay()
    take(given)
    assert evidence(given, ONE) == [0]
    Night.objects.filter(revision=2).update(looked_at=None)
    assert evidence(given, TWO) == [0]


@pytest.mark.parametrize("made_again", [False, True])
def test_a_trend_tells_no_count_with_rows_that_are_taken_back(
    given: World, *, made_again: bool
) -> None:
    recall(given, "--source", "sensors")
    if made_again:
        given.replay()
        take(given)
    report = Report.objects.order_by("pk").last()
    assert report is not None
    trend = trends_of([report], {given.alpha.list.pk: "alpha"}, {})[report.pk]
    assert trend.known == 0
