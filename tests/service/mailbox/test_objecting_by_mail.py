"""Objections by mail, from the report's row to the case, and what cannot be done now."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail as outbox
from django.test import Client
from tests.fakes.small_home import event
from tests.service.mailbox.post import OBJECTIONS, mail
from tests.service.objecting_world import World

from tocsin.model.errors import StoreUnreachable
from tocsin.service import clock
from tocsin.service.mailbox.models import CameBy, IncomingMessage
from tocsin.service.mailbox.store import Envelope, store_message
from tocsin.service.subscribers import objecting
from tocsin.service.subscribers.models import Case, CaseState, OrganisationState
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
        dead.setattr(objecting, "reported_rows", unreachable)
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
        wrong.setattr(objecting, "reported_rows", broken)
        message = delivered(world, objection(FALSE))
    assert (message.state, message.reason) == ("waiting", "failed")
    assert "could not be read" in outbox.outbox[-1].subject
    task = Task.objects.get(state=TaskState.FAILED)
    Task.objects.filter(pk=task.pk).update(state=TaskState.WAITING, due_at=clock.now(), attempts=0)
    world.desk.work()
    message.refresh_from_db()
    assert (message.state, message.reason) == ("taken", "objection")
