"""The outbox: deliveries taken in batches under a lease, and settled.

A delivery that somebody is at is `sending`. What the mail server has taken is written to a journal
on disk before the database says so (see `journal`); whoever finds a lease whose holder is gone
reads its journal first. So a message goes out twice only if the holder died between the server's
answer and the line that says so, and then with the same Message-ID.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import QuerySet

from tocsin.service.delivery.models import Delivery, DeliveryState

LEASE = dt.timedelta(minutes=10)
"""How long a batch may take; its holder renews it."""

_PAUSES = (60, 300, 900, 1800, 3600, 7200, 14_400)
"""Seconds before each next attempt; the last one again and again."""

GIVEN_UP = dt.timedelta(days=3)
"""After so long a message of a daily report is worth nothing any more."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one delivery went.

    state: SENT, FAILED, DROPPED, or WAITING to be tried again. reason: a word for it. reply: what
    the server said. pause: when it is tried again, if that is not as always.
    """

    delivery: int
    state: DeliveryState
    reason: str = ""
    reply: str = ""
    pause: dt.timedelta | None = None


def take(
    most: int, now: dt.datetime, *, but_for: Collection[str] = ()
) -> tuple[str, list[Delivery]]:
    """The next deliveries that are due, under a lease of ours: its name, and they.

    but_for: domains to which nothing is to be sent now.
    """
    lease = str(uuid.uuid4())
    with transaction.atomic():
        due = Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=now)
        if but_for:
            due = due.exclude(domain__in=but_for)
        numbers = list(_lockable(due.order_by("due_at", "id")).values_list("pk", flat=True)[:most])
        taken = Delivery.objects.filter(pk__in=numbers)
        taken.update(state=DeliveryState.SENDING, lease=lease, leased_until=now + LEASE)
    if not numbers:
        return lease, []
    rows = Delivery.objects.filter(pk__in=numbers).order_by("due_at", "id")
    return lease, list(rows.select_related("list__organisation", "recipient", "contact", "recall"))


@transaction.atomic
def settle(lease: str, results: Iterable[Result], now: dt.datetime) -> int:
    """Write down how deliveries of a lease went; how many were still ours."""
    found = {each.delivery: each for each in results}
    rows = Delivery.objects.select_for_update().filter(
        pk__in=list(found), lease=lease, state=DeliveryState.SENDING
    )
    settled = [_settled(each, found[each.pk], now) for each in rows]
    columns = [
        "state",
        "reason",
        "reply",
        "due_at",
        "attempts",
        "lease",
        "leased_until",
        "ended_at",
    ]
    Delivery.objects.bulk_update(settled, columns, batch_size=200)
    return len(settled)


def renew(lease: str, now: dt.datetime) -> None:
    """Keep a lease."""
    Delivery.objects.filter(lease=lease, state=DeliveryState.SENDING).update(
        leased_until=now + LEASE
    )


def leases_over(now: dt.datetime, living: Iterable[str], gone: Iterable[str]) -> list[str]:
    """Leases whose time is over, but for `living`, and those of `gone`: their holders have died."""
    sending = Delivery.objects.filter(state=DeliveryState.SENDING)
    over = sending.filter(leased_until__lte=now).exclude(lease__in=list(living))
    dead = sending.filter(lease__in=list(gone))
    return sorted({*over.values_list("lease", flat=True), *dead.values_list("lease", flat=True)})


@transaction.atomic
def give_back(lease: str, accepted: Iterable[int], now: dt.datetime) -> int:
    """End a lease whose holder is gone: `accepted` are sent, the rest is tried again; how many."""
    rows = Delivery.objects.filter(lease=lease, state=DeliveryState.SENDING)
    ended = {"lease": "", "leased_until": None}
    sent = rows.filter(pk__in=list(accepted)).update(
        state=DeliveryState.SENT, ended_at=now, **ended
    )
    return sent + rows.update(state=DeliveryState.WAITING, due_at=now, **ended)


def _settled(delivery: Delivery, result: Result, now: dt.datetime) -> Delivery:
    delivery.state = result.state
    delivery.reason = result.reason
    delivery.reply = result.reply[:2000]
    delivery.lease = ""
    delivery.leased_until = None
    delivery.attempts += 1
    if result.state != DeliveryState.WAITING:
        delivery.ended_at = now
        return delivery
    if now - delivery.made_at > GIVEN_UP:
        delivery.state, delivery.reason, delivery.ended_at = DeliveryState.FAILED, "given_up", now
        return delivery
    usual = dt.timedelta(seconds=_PAUSES[min(delivery.attempts, len(_PAUSES)) - 1])
    delivery.due_at = now + (result.pause or usual)
    return delivery


def _lockable(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    # SQLite locks the whole file from the first statement of a transaction on.
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True)
    return rows
