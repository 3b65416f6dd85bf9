"""Two workers at the same moment: neither locks the other out, and nobody is told twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from threading import Barrier, BrokenBarrierError, Event, local

import pytest
from django.db import connection, transaction
from tests.fakes.small_home import DAY
from tests.service.desk import Desk
from tests.service.plain_composer import deliveries

from tocsin.service import clock
from tocsin.service.audit.record import Actor
from tocsin.service.delivery import outbox
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryState,
    Night,
    NightList,
    NightState,
    Report,
)
from tocsin.service.delivery.pacing import Rates
from tocsin.service.delivery.planning import plan
from tocsin.service.subscribers.abuse_contacts import switching
from tocsin.service.subscribers.abuse_contacts.policies import Policy
from tocsin.service.subscribers.abuse_contacts.subscriptions import contact_id
from tocsin.service.subscribers.models import AbuseContact, ContactOrigin

pytestmark = [
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="the tests' SQLite lies in memory and has one writer"
    ),
    pytest.mark.django_db(transaction=True),
]

SECONDS = 1.0
"""For which one waits for the other, which may wait for it."""

OPERATOR = Actor.system("test")
ABUSE = "abuse@example.net"


def in_thread(threads: ThreadPoolExecutor, do: Callable[[], object]) -> Future[object]:
    def done() -> object:
        try:
            return do()
        finally:
            connection.close()

    return threads.submit(done)


def test_two_that_keep_to_paces_do_not_wait_for_each_other_for_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    domains = ("example.net", "example.net", "example.org", "example.org") * 2
    addresses = [f"noc{number}@{domain}" for number, domain in enumerate(sorted(domains))]
    order = [0, 1, 4, 5, 2, 6, 3, 7]
    deliveries([addresses[place] for place in order], clock.now())
    mine, first_is_in, together = local(), Event(), Barrier(2)
    paced = outbox._in_pace

    def one_turn(*args: object) -> list[int]:
        found = paced(*args)  # type: ignore[arg-type]
        if not getattr(mine, "was_here", False):
            mine.was_here = True
            first_is_in.set()
            with suppress(BrokenBarrierError):
                together.wait(SECONDS)
        return found

    monkeypatch.setattr(outbox, "_in_pace", one_turn)
    now = clock.now()
    with ThreadPoolExecutor(2) as threads:
        one = in_thread(threads, lambda: outbox.take("a", 2, now, rates=Rates(1)))
        assert first_is_in.wait(10)
        two = in_thread(threads, lambda: outbox.take("b", 2, now, rates=Rates(1)))
        wait([one, two], 30)
    assert one.exception() is None
    assert two.exception() is None
    taken = Delivery.objects.filter(state=DeliveryState.SENDING)
    assert sorted(taken.values_list("domain", flat=True)) == ["example.net", "example.org"]


def night_of(revision: int, number: int, network: str) -> Night:
    """A revision with one report for a list of the contact; that list's networks are one."""
    kind, _, value = network.partition(" ")
    AbuseContact.objects.create(
        kind=kind, value=value, address=ABUSE, country="XA",
        origin=ContactOrigin.MANUAL, seen_at=clock.now(),
    )  # fmt: skip
    night = Night.objects.create(
        day=DAY, revision=revision, manifest="0" * 64, taken_at=clock.now(), looked_at=clock.now(),
        state=NightState.CHECKED if revision == 1 else NightState.LATER,
    )  # fmt: skip
    NightList.objects.create(
        night=night, list=number, organisation=contact_id(ABUSE, "XA"), networks=[network]
    )
    Report.objects.create(
        night=night, day=DAY, list=number, report_type="scan_http", file=f"{number}.csv",
        rows=1, bytes=1, sha256="0" * 64, pack="packs/x", offset=0,
    )  # fmt: skip
    return night


@contextmanager
def at_the_same_time(first: Callable[[], object], second: Callable[[], object]) -> Iterator[None]:
    """Both in transactions of their own; the second begins before the first one ends."""
    begun, ended = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            first()
            begun.set()
            ended.wait(SECONDS)

    def other() -> None:
        assert begun.wait(10)
        with transaction.atomic():
            second()
        ended.set()

    with ThreadPoolExecutor(2) as threads:
        for each in [in_thread(threads, hold), in_thread(threads, other)]:
            each.result(30)
    yield


def planned(night: Night) -> Callable[[], object]:
    lists: Sequence[int] = list(
        NightList.objects.filter(night=night).values_list("list", flat=True)
    )
    return lambda: plan({"night": night.pk, "lists": lists}, clock.now())


def letters() -> list[str]:
    rows = Delivery.objects.exclude(state=DeliveryState.FAILED).order_by("pk")
    return [each.key.split()[1] for each in rows]


def test_a_contact_gets_one_letter_of_two_revisions_that_are_planned_at_once(desk: Desk) -> None:
    switching.set_policy(Policy(notify=True), OPERATOR, clock.now())
    # The lists of a contact are others when it answers for networks of another kind.
    one = night_of(1, (1 << 62) + 1, "asn 64496")
    two = night_of(2, (1 << 62) + 2, "asn 64497")
    with at_the_same_time(planned(one), planned(two)):
        assert letters() == ["r1"]


def test_a_letter_that_is_tried_again_while_its_day_is_planned_anew_goes_out_once(
    desk: Desk,
) -> None:
    switching.set_policy(Policy(notify=True, most_per_day=2), OPERATOR, clock.now())
    one = night_of(1, (1 << 62) + 1, "asn 64496")
    with transaction.atomic():
        planned(one)()
    Delivery.objects.update(state=DeliveryState.FAILED)
    failed = Delivery.objects.get()
    two = night_of(2, (1 << 62) + 2, "asn 64497")
    with at_the_same_time(lambda: outbox.again(failed.pk, clock.now()), planned(two)):
        assert letters() == ["r1"]
