"""Removing the rows of nights whose files are gone; what still waits for anything stays.

The files of a night go by `tocsin prune`. A report that somebody was given a link to is kept for
longer, so that the link says what became of it. Called again it goes on with what is left.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, Model, OuterRef, ProtectedError, Q, QuerySet

from tocsin.engine.nightly.package import Package
from tocsin.service import clock, installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryState,
    Fetch,
    Hold,
    HoldState,
    Link,
    Night,
    NightList,
    Outcome,
    Recall,
    Report,
    Returned,
    ReturnedKind,
)
from tocsin.service.subscribers.models import AddressHealth, Cause, Health
from tocsin.service.work.queue import enqueue
from tocsin.service.work.worker import Payload, Work

PRUNE = "prune_deliveries"
DAILY_AT = dt.time(3, 30)

AT_ONCE = 20_000
"""Rows that one task removes at most: others wait for the database meanwhile."""

_A_BATCH = 200
_UNDER_WAY = (DeliveryState.WAITING, DeliveryState.SENDING)
_UNDECIDED = (Outcome.WAITING, Outcome.HELD)


_IN_FORCE = Q(state=HoldState.HELD) | Q(state=HoldState.SHADOW, over_at=None)
"""Holds that somebody has to decide, and shadows that lie on later nights as well."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is of a day before these is old: messages, files of nights, links."""

    deliveries: dt.date
    packs: dt.date
    links: dt.date

    @classmethod
    def at(cls, now: dt.datetime) -> Limits:
        """As the operator has set them."""
        kept = installation.configuration().retention
        spans = (kept.deliveries, kept.packs, kept.links)
        return cls(*(now.date() - dt.timedelta(days=each) for each in spans))


def nights_gone(limits: Limits) -> list[int]:
    """Old nights, by key, whose files are not there any more; a pinned run keeps its rows."""
    root = installation.home().root
    old = Night.objects.filter(day__lt=limits.packs).values_list("pk", "day", "revision")
    return [
        number for number, day, revision in old if not Package(root, day, revision).path.exists()
    ]


Rows = Mapping[str, QuerySet[Any]]
"""What may go, by the word for one of them, in the order in which it has to go."""


def old_rows(limits: Limits, gone: Sequence[int]) -> Rows:
    """Which rows are old; `gone` are the keys of nights without files."""
    linked = Exists(Link.objects.filter(report=OuterRef("pk")))
    # What somebody has fetched may be taken back, as long as it is known who that was.
    fetched = Exists(Fetch.objects.filter(report=OuterRef("pk")))
    goes = ~Q(outcome__in=_UNDECIDED) & (Q(day__lt=limits.links) | (~linked & ~fetched))
    nights = Night.objects.filter(pk__in=gone).exclude(_busy())
    undecided = Report.objects.filter(night=OuterRef("pk"), outcome__in=_UNDECIDED)
    stays = Report.objects.filter(night=OuterRef("pk")).exclude(goes)
    decided = nights.filter(~Exists(undecided))
    reports = Report.objects.filter(night__in=nights)
    old = reports.filter(~Q(outcome__in=_UNDECIDED), day__lt=limits.links)
    return {
        # Before its message: without it, that would have arrived.
        "returned message": _returned(limits),
        "message": Delivery.objects.filter(day__lt=limits.deliveries).exclude(state__in=_UNDER_WAY),
        "link": Link.objects.filter(report__in=old),
        "fetch": Fetch.objects.filter(report__in=old),
        "report": reports.filter(goes),
        "hold": Hold.objects.filter(night__in=decided).exclude(_IN_FORCE),
        "list of a night": NightList.objects.filter(night__in=decided),
        "night": decided.filter(~Exists(stays)),
    }


def _returned(limits: Limits) -> QuerySet[Returned]:
    """What came back of old messages, but for what an address that fails is still judged by.

    Of that there is little: after a few days of it an address is dead. Refusals as spam never make
    it so, and may go on for good.
    """
    midnight = dt.datetime.combine(limits.deliveries, dt.time(), dt.UTC)
    old = Q(delivery=None, sent_at__lt=midnight) | Q(
        ~Q(delivery__state__in=_UNDER_WAY), delivery__day__lt=limits.deliveries
    )
    failing = AddressHealth.objects.filter(state=Health.SOFT_FAILING).values("address")
    counts = Q(kind=ReturnedKind.FAILED, address__in=failing) & ~Q(cause=Cause.POLICY)
    return Returned.objects.filter(old).exclude(counts)


def _busy() -> Q:
    """Days of which something waits to be sent, be it what takes rows of them back."""
    under_way = Delivery.objects.filter(state__in=_UNDER_WAY)
    busy = Q(day__in=set(under_way.values_list("day", flat=True).distinct()))
    correcting = Exists(under_way.filter(recall=OuterRef("pk")))
    for each in Recall.objects.filter(Q(planned_at=None) | correcting):
        busy |= Q(day__gte=each.first_day, day__lte=each.last_day)
    return busy


def what_would_go(now: dt.datetime) -> dict[str, int]:
    """How many rows are old, by the word for one of them; changes nothing."""
    limits = Limits.at(now)
    rows = old_rows(limits, nights_gone(limits))
    return {word: each.count() for word, each in rows.items()}


def prune_all(now: dt.datetime) -> dict[str, int]:
    """Remove all that is old, some at a time; how many rows, by the word for one of them."""
    gone = nights_gone(Limits.at(now))
    total: dict[str, int] = {}
    while True:
        removed = prune(gone, now)
        total = {word: total.get(word, 0) + count for word, count in removed.items()}
        if sum(removed.values()) < AT_ONCE:
            return total


@transaction.atomic
def prune(gone: Sequence[int], now: dt.datetime) -> dict[str, int]:
    """Remove what is old, AT_ONCE rows at most; how many, by the word for one of them."""
    left = AT_ONCE
    removed = {}
    for word, rows in old_rows(Limits.at(now), gone).items():
        removed[word] = _remove(rows, left)
        left -= removed[word]
    if any(removed.values()):
        subject = Subject("night", "", "old nights")
        record(Actor.system("delivery"), "nights.pruned", subject, now, after=removed)
    return removed


def _remove(rows: QuerySet[Any], most: int) -> int:
    removed, last = 0, 0
    while removed < most:
        some = rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
        numbers = list(some[: min(_A_BATCH, most - removed)])
        if not numbers:
            break
        last = numbers[-1]
        removed += _delete(rows.model, numbers)
    return removed


def _delete(model: type[Model], numbers: Sequence[int]) -> int:
    """What another table still names stays, and is looked at again another day."""
    try:
        _, by_kind = model._default_manager.filter(pk__in=numbers).delete()
    except ProtectedError:
        if len(numbers) == 1:
            return 0
        return sum(_delete(model, [each]) for each in numbers)
    # What goes with them (figures of a night, calls of web-hooks) is not counted by itself.
    return by_kind.get(model._meta.label, 0)


def _look(_: Payload) -> list[int]:
    return nights_gone(Limits.at(clock.now()))


def _prune(payload: Payload, gone: list[int], now: dt.datetime) -> None:
    removed = sum(prune(gone, now).values())
    if removed >= AT_ONCE:
        turn = int(payload.get("turn", 0)) + 1
        enqueue(PRUNE, f"{payload['day']} {turn}", {"day": payload["day"], "turn": turn}, now)


PRUNING = Work(_look, _prune)
