"""Proof of life: told where it is wanted and nothing was seen, and never otherwise."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.small_home import event
from tests.service.objecting_world import World

from tocsin.service import clock
from tocsin.service.delivery.models import Delivery, DeliveryKind
from tocsin.service.delivery.proof_of_life import last_span
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.subscribers.models import MailingList
from tocsin.service.subscribers.models.mailing_list import ProofOfLife

MONDAY = dt.date(2026, 11, 16)


@pytest.fixture
def quiet(world: World) -> World:
    """Nobody saw anything in the networks of `alpha` from Monday, November 16 to 22."""
    world.desk.has_its_daily_work_to_do()
    world.alpha.recipient("noc@example.org")
    MailingList.objects.update(proof_of_life=ProofOfLife.WEEKLY)
    for number in range(7):
        day = MONDAY + dt.timedelta(days=number)
        second = (number - 6) * 86_400 + 1
        evening = dt.datetime.combine(day, dt.time(22), dt.UTC)
        world.small.collect_events([event(second, "203.0.113.9")], now=evening)
    return world


def nights(world: World, *days: int) -> None:
    """Run and take the nights of these days of the week."""
    for number in days:
        world.night(MONDAY + dt.timedelta(days=number))
        notice = dt.datetime.combine(MONDAY + dt.timedelta(days=number + 1), dt.time(2), dt.UTC)
        notice_nights(notice)
    world.desk.work()


def proofs(world: World, hours: int) -> list[str]:
    """Let time pass; the bodies of what was mailed."""
    world.desk.pass_time(dt.timedelta(hours=hours))
    world.desk.work()
    send_due(clock.now)
    return [str(each.body) for each in mail.outbox if "Nothing seen" in each.subject]


def test_a_week_without_anything_is_told_once(quiet: World) -> None:
    nights(quiet, *range(7))
    (body,) = proofs(quiet, 2)
    assert body.startswith(
        "There is nothing to report to this list from 2026-11-16 to 2026-11-22.\n\n"
        "We looked every night. In that time\n"
        "7 records of 1 kind came in; none of them was for this list.\n"
    )
    assert len(proofs(quiet, 24)) == 1
    delivery = Delivery.objects.get(kind=DeliveryKind.PROOF)
    assert delivery.facts["nights"] == 7


def test_nights_that_are_missing_are_waited_for_and_then_told(quiet: World) -> None:
    nights(quiet, 0, 1, 2, 3, 4)
    assert proofs(quiet, 2) == []
    (body,) = proofs(quiet, 24 * 3)
    assert "5 of these 7 nights" in body


def test_of_a_week_without_nights_nothing_is_said(quiet: World) -> None:
    assert proofs(quiet, 24 * 4) == []


def test_who_had_a_report_is_told_nothing_even_if_it_was_not_sent(quiet: World) -> None:
    quiet.small.collect_events([event(5)])
    quiet.alpha.list.recipients.all().delete()
    nights(quiet, *range(7))
    quiet.alpha.recipient("noc@example.org")
    assert proofs(quiet, 2) == []


def test_who_does_not_want_it_any_more_is_not_told(quiet: World) -> None:
    nights(quiet, *range(7))
    quiet.desk.pass_time(dt.timedelta(hours=2))
    quiet.desk.work()
    MailingList.objects.update(proof_of_life=ProofOfLife.NEVER)
    assert proofs(quiet, 0) == []
    assert Delivery.objects.get().reason == "not_wanted"


def test_nights_made_for_other_lists_prove_nothing(quiet: World) -> None:
    for number in range(7):
        quiet.small.night(MONDAY + dt.timedelta(days=number))
    notice_nights(clock.now())
    quiet.desk.work()
    assert proofs(quiet, 24 * 4) == []


@given(st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)))
def test_spans_are_whole_weeks_and_months_that_are_over(today: dt.date) -> None:
    week = last_span(ProofOfLife.WEEKLY, today)
    assert (week.first.weekday(), week.last.weekday(), week.days) == (0, 6, 7)
    assert dt.timedelta(0) < today - week.last <= dt.timedelta(days=7)
    month = last_span(ProofOfLife.MONTHLY, today)
    assert month.first.day == 1
    assert (month.last + dt.timedelta(days=1)) == today.replace(day=1)
