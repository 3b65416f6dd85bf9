"""Taking rows back from those who have fetched them: by link, with a key, signed in, or told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from tests.fakes.small_home import DAY
from tests.service.api_client import Program, made_key, program, text_of
from tests.service.linked import FILE, body_of
from tests.service.objecting_world import World
from tests.service.sent_night import corrections, recall, sent_night, told
from tests.service.subscribed import member_of, subscribed

from tocsin.service import clock
from tocsin.service.api.models import ApiKey
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.delivery import fetches
from tocsin.service.delivery.models import Delivery, DeliveryKind, Fetch, Report
from tocsin.service.fakes.hook_receiver import HookReceiver
from tocsin.service.fakes.web_server import FakeWeb, fake_web
from tocsin.service.subscribers.models import Contact, ContactState, ListMode, RecipientState
from tocsin.service.webhooks.hooks import make_hook
from tocsin.service.webhooks.signing import secret_of

ADMIN = "admin@example.org"


@pytest.fixture
def silent(world: World) -> World:
    """A night of a list that nobody is mailed."""
    return sent_night(world)


@pytest.fixture
def key(silent: World) -> ApiKey:
    return made_key(silent.alpha.organisation)


def _download(who: Program) -> str:
    (listed,) = who.get("reports/list")
    return text_of(who.post("reports/download", id=listed["id"]))


def _bearer(key: ApiKey) -> Client:
    who = program(key)
    return Client(headers={"Authorization": f"Bearer {who.key}.{who.secret}"})


def test_whoever_made_the_key_is_told_of_what_it_fetched(silent: World, key: ApiKey) -> None:
    assert "192.0.2.10" in _download(program(key))
    recall(silent)
    (message,) = corrections(silent)
    assert message.to == [ADMIN]
    assert "a program with your key, have fetched" in str(message.body)
    assert "2 events taken back" in message.subject
    assert len(message.attachments) == 1


def test_who_has_listed_reports_and_fetched_none_is_told_nothing(
    silent: World, key: ApiKey
) -> None:
    program(key).get("reports/list")
    recall(silent)
    assert told(silent) == []


def test_who_fetches_after_the_recall_has_nothing_to_be_told(silent: World, key: ApiKey) -> None:
    recall(silent)
    assert told(silent) == []
    assert "192.0.2.10" not in _download(program(key))
    silent.desk.pass_time(dt.timedelta(days=1))
    assert told(silent) == []


@pytest.mark.parametrize(
    "path",
    [f"/api/v1/reports/{FILE}/rows", f"/api/v1/records?first={DAY}&last={DAY}"],
)
def test_rows_of_the_rest_api_are_fetched(silent: World, key: ApiKey, path: str) -> None:
    answer = _bearer(key).get(path, headers={"Accept": "application/json"})
    assert b"192.0.2.10" in body_of(answer)
    assert Fetch.objects.get().holder == f"k{key.pk}"
    recall(silent)
    assert told(silent) == [ADMIN]


def test_rows_that_a_query_shows_are_fetched(silent: World, key: ApiKey) -> None:
    who = program(key)
    who.get("reports/query", query={"asn": 64496}, date=str(DAY), facet="src_ip")
    assert not Fetch.objects.exists()
    assert len(who.get("reports/query", query={"asn": 64496}, date=str(DAY))) == 3
    recall(silent)
    assert told(silent) == [ADMIN]


def test_who_has_left_the_organisation_is_replaced_by_its_admins(
    silent: World, key: ApiKey
) -> None:
    _download(program(key))
    member = member_of(silent.alpha, "max@example.org")
    ApiKey.objects.update(made_by=member.email)
    Contact.objects.filter(account=member).update(state=ContactState.REMOVED)
    recall(silent)
    assert told(silent) == [ADMIN]


def test_who_downloads_in_the_portal_is_told(silent: World) -> None:
    member = member_of(silent.alpha, "max@example.org")
    page = reverse("organisation_report", args=["alpha", Report.objects.get().pk])
    assert b"192.0.2.10" in body_of(silent.desk.signed_in(member).get(page))
    silent.desk.signed_in(silent.desk.reviewer()).get(page)
    recall(silent)
    assert told(silent) == ["max@example.org"]
    line = AuditLine.objects.get(verb="recall.planned")
    assert (line.after or {})["fetched_by_unknown"] == 0


def test_a_list_in_shadow_was_fetched_all_the_same(silent: World, key: ApiKey) -> None:
    _download(program(key))
    silent.alpha.list.mode = ListMode.SHADOW
    silent.alpha.list.save()
    recall(silent)
    assert told(silent) == [ADMIN]


def test_who_was_mailed_and_has_fetched_is_told_once(world: World) -> None:
    sent_night(world, ADMIN, "noc@example.org")
    _download(program(made_key(world.alpha.organisation)))
    link = str(mail.outbox[0].body).split("http://testserver")[1].split(maxsplit=1)[0]
    assert Client().get(link).status_code == 200
    recall(world)
    assert told(world) == [ADMIN, "noc@example.org"]


def test_who_has_left_the_list_is_told_of_what_their_key_fetched(world: World) -> None:
    sent_night(world, ADMIN)
    _download(program(made_key(world.alpha.organisation)))
    world.alpha.list.recipients.update(state=RecipientState.LEFT)
    recall(world)
    assert told(world) == [ADMIN]


def test_nobody_else_is_told(silent: World, key: ApiKey) -> None:
    beta = subscribed("beta", ("AS64497",), domain="example.net")
    other = program(made_key(beta.organisation))
    (listed,) = program(key).get("reports/list")
    assert other.error("reports/download", id=listed["id"])[0] == 404
    recall(silent)
    assert told(silent) == []
    assert not Fetch.objects.exists()


def test_the_person_who_is_told_has_to_be_on_file_when_it_is_sent(
    silent: World, key: ApiKey
) -> None:
    _download(program(key))
    recall(silent)
    silent.desk.pass_time(dt.timedelta(minutes=2))
    silent.desk.work()
    Contact.objects.update(state=ContactState.REMOVED)
    assert told(silent) == []
    assert Delivery.objects.get(kind=DeliveryKind.CORRECTION).reason == "person_gone"


def test_a_download_in_parts_counts_once_and_a_look_does_not(world: World) -> None:
    sent_night(world, "noc@example.org")
    link = str(mail.outbox[0].body).split("http://testserver")[1].split(maxsplit=1)[0]
    Client().head(link)
    assert not Fetch.objects.exists()
    for part in ("bytes=0-9", "bytes=10-19"):
        assert Client().get(link, headers={"Range": part}).status_code == 206
    begun = clock.now()
    assert (Fetch.objects.get().count, Fetch.objects.get().last_at) == (1, begun)
    world.desk.pass_time(fetches.PARTS_WITHIN)
    Client().get(link)
    found = Fetch.objects.get()
    assert (found.count, found.first_at, found.last_at) == (2, begun, clock.now())


def test_what_was_fetched_is_noted_in_one_statement(
    silent: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    report = Report.objects.get().pk
    for _ in range(2):
        with django_assert_num_queries(1):
            fetches.note([report], "k1", clock.now())


@pytest.fixture
def receiver() -> HookReceiver:
    return HookReceiver()


@pytest.fixture
def web(receiver: HookReceiver) -> Iterator[FakeWeb]:
    with fake_web(receiver) as web:
        yield web


def test_a_web_hook_that_was_told_of_a_report_is_told_what_is_taken_back(
    world: World, web: FakeWeb, receiver: HookReceiver
) -> None:
    actor = Actor.person(ADMIN)
    hook, _ = make_hook(world.alpha.organisation, f"{web.url}/hook", actor, clock.now())
    receiver.secret = secret_of(hook)
    sent_night(world)
    number = recall(world)
    make_hook(world.alpha.organisation, f"{web.url}/new", actor, clock.now())
    corrections(world)
    first, second = receiver.taken
    assert (first["event"], second["event"]) == ("report", "recall")
    assert second["report"]["id"] == FILE
    said = second["recall"]
    assert (said["number"], said["rows"], said["more"]) == (number, 2, 0)
    assert said["reason"] == "The sinkhole answered for a crawler."
    assert all(len(each) == 32 for each in said["events"])
    assert len(said["events"]) == 2
    corrections(world)
    assert len(receiver.taken) == 2
