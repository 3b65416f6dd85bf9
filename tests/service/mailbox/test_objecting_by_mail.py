"""Objections by mail, from the report's row to the case, and what cannot be done now."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail as outbox
from django.db import connection
from django.test import Client
from tests.fakes.small_home import event
from tests.service.mailbox.post import OBJECTIONS, mail
from tests.service.objecting_world import World
from tests.service.subscribed import subscribed

from tocsin.model.errors import StoreUnreachable
from tocsin.service import clock
from tocsin.service.mailbox.models import CameBy, IncomingMessage
from tocsin.service.mailbox.store import Envelope, store_message
from tocsin.service.subscribers.cases import objection_reading
from tocsin.service.subscribers.cases.reported_rows import reported_rows
from tocsin.service.subscribers.models import (
    Case,
    CaseState,
    Contact,
    ContactState,
    NetworkState,
    OrganisationState,
)
from tocsin.service.work.models import Task, TaskState

FALSE = "192.0.2.10 in event4_sinkhole is a false positive: it is our scanner of links."


def delivered(world: World, raw: bytes) -> IncomingMessage:
    stored = store_message(raw, Envelope(), CameBy.LISTENER, clock.now())
    world.desk.work()
    stored.refresh_from_db()
    return stored


def objection(body: str, sender: str = "admin@example.org") -> bytes:
    return mail(body, sender, OBJECTIONS, "Rows that are wrong")


def test_from_a_mail_to_a_case_that_keeps_rows_out(world: World) -> None:
    world.small.collect_events([event(1), event(2, "192.0.2.11")])
    world.night()
    message = delivered(world, objection(FALSE))
    assert (message.reason, message.organisation) == ("objection", world.alpha.organisation.pk)
    case = Case.objects.get()
    assert (case.state, case.address, len(case.rows)) == (CaseState.UNCONFIRMED, "192.0.2.10", 1)
    world.replay()
    assert world.rows() == 2
    Client().post(world.desk.link_to("admin@example.org"), {"answer": "confirm"})
    case.refresh_from_db()
    assert case.state == CaseState.IN_FORCE
    world.replay()
    assert world.rows() == 1


def test_what_is_missing_is_asked_and_makes_no_case(world: World) -> None:
    message = delivered(world, objection("These rows are wrong, please remove them."))
    assert (message.state, message.reason) == ("taken", "objection_unclear")
    assert "Which IP addresses" in str(world.desk.letters_to("admin@example.org")[-1].body)
    assert not Case.objects.exists()


def test_nobody_objects_by_mail_to_the_rows_of_others(world: World) -> None:
    world.small.collect_events([event(1)])
    world.night()
    message = delivered(world, objection(FALSE, "eva@example.com"))
    assert (message.state, message.reason) == ("refused", "not_on_file")
    assert not Case.objects.exists()


def test_an_objection_that_cannot_be_taken_now_is_answered_with_the_reason(world: World) -> None:
    world.alpha.organisation.state = OrganisationState.FROZEN
    world.alpha.organisation.save()
    message = delivered(world, objection(FALSE))
    assert (message.state, message.reason) == ("refused", "not_possible")
    (letter,) = world.desk.letters_to("admin@example.org")
    assert "nothing can be changed" in " ".join(str(letter.body).split())
    assert not Task.objects.filter(state=TaskState.FAILED).exists()


def test_while_the_reports_cannot_be_read_an_objection_waits_and_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise StoreUnreachable("no answer", where="store", todo="nothing")

    with monkeypatch.context() as dead:
        dead.setattr(objection_reading, "reported_rows", unreachable)
        message = delivered(world, objection(FALSE))
        assert message.state == "waiting"
        world.desk.pass_time(dt.timedelta(minutes=5))
        world.desk.work()
    assert len(world.desk.letters_to("admin@example.org")) == 1
    world.desk.pass_time(dt.timedelta(hours=1))
    world.desk.work()
    message.refresh_from_db()
    assert message.reason == "objection"
    assert Case.objects.count() == 1


def test_a_message_that_fails_for_good_goes_on_waiting_and_its_sender_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a mistake of ours")

    with monkeypatch.context() as wrong:
        wrong.setattr(objection_reading, "reported_rows", broken)
        message = delivered(world, objection(FALSE))
    assert (message.state, message.reason) == ("waiting", "failed")
    assert "could not be read" in outbox.outbox[-1].subject
    task = Task.objects.get(state=TaskState.FAILED)
    Task.objects.filter(pk=task.pk).update(state=TaskState.WAITING, due_at=clock.now(), attempts=0)
    world.desk.work()
    message.refresh_from_db()
    assert (message.state, message.reason) == ("taken", "objection")


@pytest.mark.django_db(transaction=True)
def test_no_transaction_waits_while_the_reports_are_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.small.collect_events([event(1)])
    world.night()
    seen = []

    def spy(*said: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return reported_rows(*said)

    monkeypatch.setattr(objection_reading, "reported_rows", spy)
    assert delivered(world, objection(FALSE)).reason == "objection"
    assert seen == [False]
    assert len(Case.objects.get().rows) == 1


def test_what_was_read_for_one_organisation_is_never_another_ones_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address has changed hands while the reports were read: they are read once more."""
    beta = subscribed("beta", ["AS64497"], domain="example.net")
    world.small.collect_events([event(1)])
    world.night()

    def meanwhile(*said: Any) -> Any:
        Contact.objects.filter(pk=world.alpha.admin.pk).update(state=ContactState.REMOVED)
        Contact.objects.filter(pk=beta.admin.pk).update(address="admin@example.org")
        return reported_rows(*said)

    with monkeypatch.context() as hands:
        hands.setattr(objection_reading, "reported_rows", meanwhile)
        assert delivered(world, objection(FALSE)).state == "waiting"
    assert not Case.objects.exists()
    world.desk.pass_time(dt.timedelta(hours=1))
    world.desk.work()
    case = Case.objects.get()
    assert (case.organisation, case.rows) == (beta.organisation, [])


def test_a_network_that_is_lost_while_reading_is_not_objected_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.small.collect_events([event(1)])
    world.night()

    def meanwhile(*said: Any) -> Any:
        world.alpha.organisation.networks.update(state=NetworkState.FROZEN)
        return reported_rows(*said)

    with monkeypatch.context() as loss:
        loss.setattr(objection_reading, "reported_rows", meanwhile)
        assert delivered(world, objection(FALSE)).state == "waiting"
    world.desk.pass_time(dt.timedelta(hours=1))
    world.desk.work()
    assert Case.objects.get().rows == []
