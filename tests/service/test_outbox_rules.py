"""The rules of the outbox: leases, paces, and what a refusal means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from tests.service.desk import Desk
from tests.service.plain_composer import PlainComposer, deliveries

from tocsin.engine.home import Home
from tocsin.service import clock, installation
from tocsin.service.delivery import outbox
from tocsin.service.delivery.batch import Batch
from tocsin.service.delivery.journal import Journal
from tocsin.service.delivery.models import Delivery, DeliveryState
from tocsin.service.delivery.outbox import Result
from tocsin.service.delivery.pacing import BURST, Rates, allowed
from tocsin.service.delivery.refusals import Verdict, verdict_on
from tocsin.service.delivery.sending import Sender, reconcile

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
ADDRESSES = [f"noc{number}@example.org" for number in range(4)]
LATER, NEVER, WITHOUT = Verdict.LATER, Verdict.NEVER, Verdict.WITHOUT_FILES


@pytest.fixture
def home(tmp_path: Path, desk: Desk) -> Iterator[Desk]:
    """A desk whose journals are its own."""
    with override_settings(TOCSIN_HOME=Home.open(tmp_path / "home", create=True)):
        yield desk


def test_what_a_machine_that_is_gone_was_at_is_taken_over_after_its_time(home: Desk) -> None:
    made = deliveries(ADDRESSES, clock.now())
    assert len(outbox.take("a-lease-of-another-machine", 4, clock.now())) == len(made)
    assert reconcile(clock.now()) == 0
    home.pass_time(outbox.LEASE - dt.timedelta(seconds=1))
    assert reconcile(clock.now()) == 0
    home.pass_time(dt.timedelta(seconds=1))
    assert reconcile(clock.now()) == 4
    sender = Sender(clock.now, compose=PlainComposer.of)
    assert sender.send_due().taken == 4
    # The machine was asleep, and wakes up: what it says of them counts no more.
    late = [Result(each.pk, DeliveryState.FAILED, "refused") for each in made]
    assert outbox.settle("a-lease-of-another-machine", late, clock.now()) == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_a_lease_whose_holder_lives_is_left_alone_whatever_its_time(home: Desk) -> None:
    deliveries(ADDRESSES, clock.now())
    journal = Journal.begin("abc")
    outbox.take("abc", 4, clock.now())
    home.pass_time(outbox.LEASE * 3)
    assert reconcile(clock.now()) == 0
    journal.accepted(Delivery.objects.earliest("pk").pk)
    journal.abandon()
    assert reconcile(clock.now()) == 4
    states = list(Delivery.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["sent", "waiting", "waiting", "waiting"]


def test_a_line_that_a_crash_has_cut_off_is_no_line(home: Desk) -> None:
    (first, second, *_) = deliveries(ADDRESSES, clock.now())
    journal = Journal.begin("abc")
    outbox.take("abc", 4, clock.now())
    journal.accepted(first.pk)
    journal.abandon()
    path = installation.home().service / "sending" / "abc"
    path.write_text(f"{first.pk}\n{second.pk}")
    reconcile(clock.now())
    assert list(Delivery.objects.filter(state="sent")) == [first]


def test_a_lease_is_renewed_while_its_batch_lasts_and_not_at_every_look(home: Desk) -> None:
    deliveries(ADDRESSES, clock.now())
    journal = Journal.begin("abc")
    taken = outbox.take("abc", 4, clock.now())
    batch = Batch.of(journal, PlainComposer(), taken, clock.now())
    began = batch.until
    home.pass_time(MINUTE)
    batch.renew(clock.now())
    assert batch.until == began
    assert batch.may_send(clock.now())
    home.pass_time(MINUTE * 4)
    assert not batch.may_send(clock.now())
    batch.renew(clock.now())
    assert batch.until == clock.now() + outbox.LEASE
    assert set(Delivery.objects.values_list("leased_until", flat=True)) == {batch.until}
    journal.end()


def test_two_that_take_at_once_never_take_the_same(home: Desk) -> None:
    deliveries(ADDRESSES, clock.now())
    one, two, none = (outbox.take(name, 2, clock.now()) for name in ("a", "b", "c"))
    assert len({each.pk for each in (*one, *two)}) == 4
    assert none == []


def test_all_workers_keep_to_one_pace(home: Desk) -> None:
    deliveries([f"noc{number}@example.net" for number in range(40)], clock.now())
    rates = Rates(60)
    taken = 0
    for turn in range(31):
        # Two workers, which know nothing of each other, look once a second.
        taken += sum(len(outbox.take(f"{turn}{who}", 10, clock.now(), rates=rates)) for who in "ab")
        assert taken == min(40, 11 + turn)
        home.pass_time(dt.timedelta(seconds=1))


@given(
    rate=st.integers(1, 600),
    turns=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), max_size=30),
)
def test_no_span_of_time_has_more_than_its_share(rate: int, turns: list[tuple[int, int]]) -> None:
    now, free_at, sent = NOW, None, []
    for seconds, wanted in turns:
        now += dt.timedelta(seconds=seconds)
        given_now, free_at = allowed(wanted, rate, free_at, now)
        assert 0 <= given_now <= wanted
        sent += [now] * given_now
    for begin in range(len(sent)):
        for end in range(begin, len(sent)):
            span = sent[end] - sent[begin] + BURST
            assert end - begin + 1 <= rate * span / MINUTE + 1 + 1e-6


@given(rate=st.integers(1, 600), minutes=st.integers(1, 5))
def test_who_always_wants_gets_the_whole_rate(rate: int, minutes: int) -> None:
    now, free_at, sent = NOW, None, 0
    for _ in range(minutes * 30):
        some, free_at = allowed(1000, rate, free_at, now)
        sent += some
        now += dt.timedelta(seconds=2)
    assert sent >= rate * minutes - rate // 30 - 1


@pytest.mark.parametrize(
    ("code", "said", "with_files", "without"),
    [
        (450, "4.2.0 busy", LATER, LATER),
        (451, "4.7.1 virus scanner busy", LATER, LATER),
        (550, "5.1.1 no such user", NEVER, NEVER),
        (552, "5.3.4 message size exceeds fixed limit", WITHOUT, NEVER),
        (552, "message too large", WITHOUT, NEVER),
        (552, "5.2.2 mailbox full", NEVER, NEVER),
        (552, "over quota", NEVER, NEVER),
        (550, "5.2.3 too long", WITHOUT, NEVER),
        (554, "5.7.1 this message contains a blocked attachment", WITHOUT, NEVER),
        (554, "5.7.1 message content rejected", WITHOUT, NEVER),
        (550, "5.7.0 encrypted archives are not accepted", WITHOUT, NEVER),
        (554, "virus found", WITHOUT, NEVER),
        (550, "5.6.1 media not supported", WITHOUT, NEVER),
        (550, "5.7.1 relaying denied", NEVER, NEVER),
        (550, "5.7.26 SPF and DKIM failed", NEVER, NEVER),
        (550, "5.1.1 zip is no such user", NEVER, NEVER),
        (554, "5.7.1 listed on a blocklist", NEVER, NEVER),
    ],
)
def test_a_refusal_is_understood(
    code: int, said: str, with_files: Verdict, without: Verdict
) -> None:
    assert verdict_on(code, f"{code} {said}", has_files=True) is with_files
    assert verdict_on(code, f"{code} {said}", has_files=False) is without
