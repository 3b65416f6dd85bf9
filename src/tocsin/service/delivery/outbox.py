"""The outbox: deliveries taken in batches under a lease, and settled.

A delivery that somebody is at is `sending`. What the mail server is given, and has taken, is
written to a journal on disk before the database says so (see `journal`); whoever finds a lease
whose holder is gone reads its journal first. So a message goes out twice only if the holder died
between the server's answer and the line that says so, and then with the same Message-ID.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F, QuerySet

from tocsin.service.delivery.bounces.refusals import note_files_refused
from tocsin.service.delivery.models import Delivery, DeliveryForm, DeliveryState, Pace
from tocsin.service.delivery.pacing import Rates, allowed
from tocsin.service.delivery.revisions import hold_contacts_still, is_told
from tocsin.service.texts import harmless

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
    the server said. pause: when it is tried again, if that is not as always. counted: whether
    that was an attempt; it was none if the server could not be asked. form: another from now on.
    """

    delivery: int
    state: DeliveryState
    reason: str = ""
    reply: str = ""
    pause: dt.timedelta | None = None
    counted: bool = True
    form: DeliveryForm | None = None

    @property
    def is_plain(self) -> bool:
        """Sent, and nothing to be said of it."""
        return self.state == DeliveryState.SENT and not self.reply


NO_LIMIT = Rates()


def take(
    lease: str,
    most: int,
    now: dt.datetime,
    *,
    but_for: Collection[str] = (),
    rates: Rates = NO_LIMIT,
) -> list[Delivery]:
    """The next deliveries that are due, put under a lease.

    but_for: domains to which nothing is to be sent now. rates: what goes to a domain in a minute;
    what is more waits, and what goes to others takes its place.
    """
    with transaction.atomic():
        numbers = _chosen(most, now, but_for, rates)
        taken = Delivery.objects.filter(pk__in=numbers)
        taken.update(state=DeliveryState.SENDING, lease=lease, leased_until=now + LEASE)
    if not numbers:
        return []
    rows = Delivery.objects.filter(pk__in=numbers).order_by("due_at", "id")
    return list(rows.select_related(*_WITH))


_WITH = ("list__organisation", "recipient", "person", "contact", "recall")


def _chosen(most: int, now: dt.datetime, but_for: Collection[str], rates: Rates) -> list[int]:
    """Each turn either takes all that it finds, or finds a domain that has to wait."""
    due = Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=now)
    due = due.exclude(domain__in=but_for) if but_for else due
    if rates.any:
        due = due.exclude(domain__in=Pace.objects.filter(free_at__gt=now).values("domain"))
    if rates.any:
        _wait_for_turn()
    chosen: list[int] = []
    while len(chosen) < most:
        rows = _lockable(due.exclude(pk__in=chosen).order_by("due_at", "id"))
        found = list(rows.values_list("pk", "domain")[: most - len(chosen)])
        if not found:
            break
        chosen += _in_pace(found, rates, now) if rates.any else [number for number, _ in found]
    return chosen


def _wait_for_turn() -> None:
    """One worker at a time looks at paces: it may come to domains in any order, turn after turn."""
    turn = Pace(domain=_TURN, free_at=_LONG_AGO)
    Pace.objects.bulk_create([turn], ignore_conflicts=True)
    Pace.objects.select_for_update().get(domain=_TURN)


def _in_pace(found: Sequence[tuple[int, str]], rates: Rates, now: dt.datetime) -> list[int]:
    """Those that may go now; what they use up of their domains' rates is written down."""
    of_domain: dict[str, list[int]] = defaultdict(list)
    for number, domain in found:
        of_domain[domain].append(number)
    limited = sorted(domain for domain in of_domain if rates.of(domain))
    # Made first and locked then: two workers that meet at a new domain share its rate, too.
    new = [Pace(domain=each, free_at=_LONG_AGO) for each in limited]
    Pace.objects.bulk_create(new, ignore_conflicts=True)
    paces = list(Pace.objects.select_for_update().filter(domain__in=limited).order_by("domain"))
    for pace in paces:
        theirs = of_domain[pace.domain]
        given, pace.free_at = allowed(len(theirs), rates.of(pace.domain), pace.free_at, now)
        del theirs[given:]
    Pace.objects.bulk_update(paces, ["free_at"], batch_size=200)
    return [number for theirs in of_domain.values() for number in theirs]


_LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_TURN = ""
"""No domain."""


@transaction.atomic
def settle(lease: str, results: Iterable[Result], now: dt.datetime) -> int:
    """Write down how deliveries of a lease went; how many were still ours."""
    found = {each.delivery: each for each in results}
    # Nearly all are sent and no more is said of them: one statement instead of one for each.
    plain = [each.delivery for each in found.values() if each.is_plain]
    ours = Delivery.objects.filter(lease=lease, state=DeliveryState.SENDING)
    others = ours.select_for_update().filter(pk__in=found.keys() - set(plain))
    settled = [_settled(each, found[each.pk], now) for each in others]
    for each in settled:
        if found[each.pk].form == DeliveryForm.LINK:
            # The next message to that recipient goes without files from the start.
            note_files_refused(each, found[each.pk].reply, now)
    Delivery.objects.bulk_update(settled, _SETTLED, batch_size=200)
    sent = ours.filter(pk__in=plain).update(
        state=DeliveryState.SENT,
        attempts=F("attempts") + 1,
        reason="",
        reply="",
        ended_at=now,
        lease="",
        leased_until=None,
    )
    return sent + len(settled)


_SETTLED = (
    "state", "reason", "reply", "due_at", "attempts", "form", "lease", "leased_until", "ended_at",
)  # fmt: skip


def renew(lease: str, now: dt.datetime) -> int:
    """Keep a lease; of how many deliveries it is still one."""
    return Delivery.objects.filter(lease=lease, state=DeliveryState.SENDING).update(
        leased_until=now + LEASE
    )


def leases_over(now: dt.datetime, living: Iterable[str], gone: Iterable[str]) -> list[str]:
    """Leases whose time is over, but for `living`, and those of `gone`: their holders have died."""
    sending = Delivery.objects.filter(state=DeliveryState.SENDING)
    over = sending.filter(leased_until__lte=now).exclude(lease__in=list(living))
    dead = sending.filter(lease__in=list(gone))
    return sorted({*over.values_list("lease", flat=True), *dead.values_list("lease", flat=True)})


@transaction.atomic
def again(number: int, now: dt.datetime) -> Delivery | None:
    """Let one that has failed be tried once more, as if it were new; None if it may not be.

    It may not if it has not failed, or if its day was made anew and is mailed by that.
    """
    rows = Delivery.objects.filter(pk=number, state=DeliveryState.FAILED)
    # Before the message itself, as whoever removes contacts does.
    hold_contacts_still(rows.filter(list=None).values_list("address", flat=True))
    delivery = rows.select_for_update().first()
    if delivery is not None and is_told(delivery):
        return None
    if delivery is not None:
        rows.update(state=DeliveryState.WAITING, due_at=now, made_at=now, attempts=0, ended_at=None)
    return delivery


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
    delivery.lease = ""
    delivery.leased_until = None
    delivery.form = result.form or delivery.form
    if not result.counted:
        # Nothing was learned of it: it is due as it was, and what was said of it last still holds.
        return delivery
    delivery.reason = result.reason
    delivery.reply = harmless(result.reply, 2000, lines=True)
    delivery.attempts += 1
    if result.state != DeliveryState.WAITING:
        delivery.ended_at = now
        return delivery
    if now - delivery.made_at > GIVEN_UP:
        delivery.state, delivery.reason, delivery.ended_at = DeliveryState.FAILED, "given_up", now
        return delivery
    usual = dt.timedelta(seconds=_PAUSES[min(delivery.attempts, len(_PAUSES)) - 1])
    delivery.due_at = now + (usual if result.pause is None else result.pause)
    return delivery


def _lockable(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    # SQLite locks the whole file from the first statement of a transaction on.
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True)
    return rows
