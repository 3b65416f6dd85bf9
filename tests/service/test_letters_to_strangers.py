"""Mails to contacts that nobody asked for: only if a policy says so, and until they say no."""

from __future__ import annotations

import datetime as dt
from typing import cast

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from tests.fakes.small_home import DAY, event
from tests.service.objecting_world import World
from tests.service.subscribed import LONG_AFTER, LONG_AGO, subscribed

from tocsin.service import clock
from tocsin.service.audit.models import ActorKind, AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.models import Delivery, DeliveryState, Night, Outcome, Report
from tocsin.service.delivery.planning import PLANNING
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.subscribers.abuse_contacts import switching
from tocsin.service.subscribers.abuse_contacts.importing import bring_in
from tocsin.service.subscribers.abuse_contacts.policies import Policy
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found
from tocsin.service.subscribers.models import AbuseContact, ContactOrigin, Network, Proof
from tocsin.service.subscribers.values import any_network

OPERATOR = Actor(ActorKind.OPERATOR, "command line")
ABUSE = "abuse@example.net"
HTTP = {"report_type": "event4_sinkhole_http", "http_url": "/x", "http_host": "example.net"}


def on_file(*rows: tuple[str, str, str]) -> None:
    """Contacts: network, address, country."""
    read = [Found(any_network(network), address, "", country) for network, address, country in rows]
    bring_in(read, ContactOrigin.REGISTRY_FILE, "x", OPERATOR, clock.now())


def policy(**fields: object) -> None:
    switching.set_policy(Policy(**{"notify": True, **fields}), OPERATOR, clock.now())  # type: ignore[arg-type]


def plan(world: World) -> None:
    notice_nights(clock.now())
    world.desk.work()


def sent() -> list[EmailMultiAlternatives]:
    send_due(clock.now)
    found = [each for each in mail.outbox if "Seen in networks" in each.subject]
    return cast("list[EmailMultiAlternatives]", found)


def outcomes() -> set[str]:
    return set(Report.objects.values_list("outcome", flat=True))


@pytest.fixture
def told(world: World) -> World:
    """A contact with a prefix and an AS number, in two countries, and rows of both."""
    on_file(("198.51.100.0/24", ABUSE, "XB"), ("AS64498", ABUSE, "XA"))
    policy()
    world.small.collect_events(
        [event(1, "198.51.100.9"), event(2, "203.0.113.9"), event(3, "198.51.100.10", **HTTP)]
    )
    world.night()
    return world


def test_a_contact_gets_one_letter_with_all_that_was_seen(told: World) -> None:
    plan(told)
    (message,) = sent()
    assert message.to == [ABUSE]
    assert outcomes() == {Outcome.PLANNED}
    text = str(message.body)
    assert "3 events, in 3 reports" in text
    assert "You have not asked for this" in text
    assert "abuse contact in the registry, by its bulk file" in text
    assert "  198.51.100.0/24\n" in text
    assert "  AS64498\n" in text
    assert "List-Id" not in message.extra_headers
    names = [str(each.get_filename()) for each in message.message().walk() if each.get_filename()]
    assert len(names) == 3
    assert all(name.endswith(".csv") for name in names)
    plan(told)
    assert len(sent()) == 1


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ("de", ("aus deren Gesamtdatei", "Schweregrad: ")),
        ("fr", ("by its bulk file", "Severity: ")),
    ],
)
def test_a_contact_is_told_in_the_language_of_its_policies_and_in_english_if_they_differ(
    told: World, other: str, words: tuple[str, ...]
) -> None:
    policy(language="de")
    policy(country="XA", language=other)
    plan(told)
    send_due(clock.now)
    (message,) = mail.outbox
    assert all(each in str(message.body) for each in words)


def test_who_says_no_gets_nothing_more_not_even_what_is_planned(told: World) -> None:
    plan(told)
    (message,) = sent()
    out = next(word for word in str(message.body).split() if "/contact-opt-out/" in word)
    path = out.removeprefix("http://testserver")
    assert message.extra_headers["List-Unsubscribe"] == f"<{out}>"
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert Client().get(path).status_code == 200
    assert not AbuseContact.objects.exclude(opted_out_at=None).exists()
    download = next(word for word in str(message.body).split() if "/dl/" in word)
    assert Client().get(download.removeprefix("http://testserver")).status_code == 200
    Delivery.objects.update(state=DeliveryState.WAITING, due_at=clock.now())
    assert Client().post(path).status_code == 200
    assert len(sent()) == 1
    assert Delivery.objects.get().reason == "contact_gone"
    assert Client().get(download.removeprefix("http://testserver")).status_code == 404


def test_a_mail_program_says_no_with_one_click_and_without_a_cookie(told: World) -> None:
    plan(told)
    (message,) = sent()
    path = message.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")
    program = Client(enforce_csrf_checks=True)
    assert program.get(path).status_code == 200
    assert program.post(path[:-1] + "_", {"List-Unsubscribe": "One-Click"}).status_code == 404
    assert not AbuseContact.objects.exclude(opted_out_at=None).exists()
    for _ in range(2):
        assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert AbuseContact.objects.exclude(opted_out_at=None).exists()
    assert AuditLine.objects.filter(verb="contact.opted_out").count() == 1


def test_the_link_to_say_no_outlives_the_line_that_it_came_from(told: World) -> None:
    plan(told)
    (message,) = sent()
    out = next(word for word in str(message.body).split() if "/contact-opt-out/" in word)
    AbuseContact.objects.order_by("pk").first().delete()  # type: ignore[union-attr]
    assert Client().post(out.removeprefix("http://testserver")).status_code == 200
    assert AbuseContact.objects.exclude(opted_out_at=None).count() == 1


def test_a_policy_that_ends_ends_what_is_planned(told: World) -> None:
    plan(told)
    switching.set_policy(Policy(notify=False), OPERATOR, clock.now())
    assert sent() == []
    assert Delivery.objects.get().reason == "nothing_left"


def test_a_policy_that_ended_before_the_plan_makes_no_letter(told: World) -> None:
    switching.set_policy(Policy("XB", notify=False), OPERATOR, clock.now())
    plan(told)
    (message,) = sent()
    assert "1 event, in 1 report" in str(message.body)
    assert outcomes() == {Outcome.PLANNED, Outcome.INVALID}


def test_rows_of_what_a_subscriber_has_proven_since_are_not_sent(told: World) -> None:
    plan(told)
    beta = subscribed("beta", ("AS64511",), domain="example.com")
    network = Network.objects.create(
        organisation=beta.organisation,
        valid_from=LONG_AGO,
        **Network.columns_of(any_network("198.51.100.9/32")),
    )
    Proof.objects.create(network=network, method="staff", made_at=LONG_AGO, ends_at=LONG_AFTER)
    whole = Network.objects.create(
        organisation=beta.organisation,
        valid_from=LONG_AGO,
        **Network.columns_of(any_network("AS64498")),
    )
    Proof.objects.create(network=whole, method="staff", made_at=LONG_AGO, ends_at=LONG_AFTER)
    (message,) = sent()
    assert "1 event, in 1 report" in str(message.body)
    assert "sinkhole over HTTP" in str(message.body)


def test_a_contact_that_is_on_file_no_more_gets_nothing(told: World) -> None:
    plan(told)
    AbuseContact.objects.all().delete()
    assert sent() == []
    assert Delivery.objects.get().reason == "contact_gone"


def test_letters_a_day_are_as_many_as_the_policy_allows(told: World) -> None:
    plan(told)
    night = Night.objects.get()
    some = Report.objects.order_by("pk").first()
    assert some is not None
    # As if the night brake had held it, and somebody had let it go.
    Report.objects.filter(pk=some.pk).update(outcome=Outcome.WAITING)
    _plan_again(night, some)
    assert Report.objects.get(pk=some.pk).outcome == Outcome.LIMITED
    policy(most_per_day=2)
    Report.objects.filter(pk=some.pk).update(outcome=Outcome.WAITING)
    _plan_again(night, some)
    assert Report.objects.get(pk=some.pk).outcome == Outcome.PLANNED


def test_a_letter_that_was_refused_keeps_no_other_from_being_sent(told: World) -> None:
    plan(told)
    Delivery.objects.update(state=DeliveryState.FAILED)
    some = Report.objects.order_by("pk")[0]
    Report.objects.filter(pk=some.pk).update(outcome=Outcome.WAITING)
    _plan_again(Night.objects.get(), some)
    assert Report.objects.get(pk=some.pk).outcome == Outcome.PLANNED


def _plan_again(night: Night, report: Report) -> None:
    payload = {"night": night.pk, "lists": [report.list]}
    PLANNING.inner(payload, PLANNING.outer(payload), clock.now())


def test_whom_a_policy_names_gets_a_copy_without_the_way_out(told: World) -> None:
    policy(country="XB", cc="cert@example.com")
    plan(told)
    copy, letter = sorted(sent(), key=lambda each: each.to, reverse=True)
    assert (letter.to, copy.to) == ([ABUSE], ["cert@example.com"])
    assert f"This is a copy. The message went to {ABUSE}" in str(copy.body)
    assert "contact-opt-out" not in str(copy.message())
    assert "2 events, in 2 reports" in str(copy.body)
    assert "3 events, in 3 reports" in str(letter.body)


def test_a_copy_is_not_sent_to_whom_the_policy_names_no_more(told: World) -> None:
    policy(country="XB", cc="cert@example.com")
    plan(told)
    policy(country="XB")
    assert [each.to for each in sent()] == [[ABUSE]]


def test_a_list_of_a_subscriber_is_planned_as_ever_beside_them(told: World) -> None:
    told.alpha.recipient("noc@example.org")
    told.desk.pass_time(dt.timedelta(days=1))
    told.small.collect_events(
        [event(86_401, "192.0.2.9"), event(86_402, "198.51.100.9")], now=clock.now()
    )
    told.night(DAY + dt.timedelta(days=1))
    plan(told)
    send_due(clock.now)
    to = sorted(each.to[0] for each in mail.outbox if "2026-11-23" in each.subject)
    assert to == [ABUSE, "noc@example.org"]
