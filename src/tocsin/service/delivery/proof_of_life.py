"""Proof of life: lists that want it are told that nothing was seen, if nothing was.

A list is told of a night only if that night was made for it: its snapshot has the list.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Q, Sum

from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.snapshot import read_snapshot
from tocsin.model.errors import TocsinError
from tocsin.service import installation
from tocsin.service.delivery.brake.history import SEEN
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Night,
    NightFigure,
    NightState,
    Report,
)
from tocsin.service.delivery.planning import addressees_of
from tocsin.service.delivery.standing import is_valid
from tocsin.service.letters.write import message_id_of
from tocsin.service.subscribers.models import MailingList
from tocsin.service.subscribers.models.mailing_list import ProofOfLife
from tocsin.service.work.worker import Payload, Work

TELL = "proof_of_life"
DAILY_AT = dt.time(10, 0)

PATIENCE = dt.timedelta(days=3)
"""So long nights that are missing are waited for; then the message says how many there were."""

_ONE_DAY = dt.timedelta(days=1)
_OFTEN = (ProofOfLife.WEEKLY, ProofOfLife.MONTHLY)


@dataclass(frozen=True, slots=True)
class Span:
    """Days of which nothing is told but in one message; both included."""

    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


def last_span(often: str, today: dt.date) -> Span:
    """The last week, Monday to Sunday, or month that is over."""
    if often == ProofOfLife.WEEKLY:
        last = today - dt.timedelta(days=today.weekday() + 1)
        return Span(last - dt.timedelta(days=6), last)
    last = today.replace(day=1) - _ONE_DAY
    return Span(last.replace(day=1), last)


@dataclass(frozen=True, slots=True)
class Looked:
    """What nights of a span saw. nights: for how many of them each list was looked for."""

    nights: Mapping[tuple[int, str], int]
    types: int
    rows: int


def look(payload: Payload) -> Mapping[str, Looked]:
    """What there is to tell, for those spans that some list wants to be told of."""
    today = dt.date.fromisoformat(str(payload["day"]))
    wanted = MailingList.objects.filter(proof_of_life__in=_OFTEN)
    often = sorted(set(wanted.values_list("proof_of_life", flat=True)))
    return {each: _looked(last_span(each, today)) for each in often}


def _looked(span: Span) -> Looked:
    home = installation.home()
    lists: Counter[tuple[int, str]] = Counter()
    nights = list(
        Night.objects.filter(
            day__gte=span.first, day__lte=span.last, state=NightState.CHECKED, partial=False
        )
    )
    for each in nights:
        path = Package(home.root, each.day, each.revision).path / "snapshot.json"
        try:
            snapshot = read_snapshot(path, None)
        except (TocsinError, FileNotFoundError):
            # Of a night that is not kept nothing is claimed.
            continue
        lists.update((number, found.organisation) for number, found in snapshot.lists.items())
    figures = NightFigure.objects.filter(night__in=nights, kind=SEEN)
    rows = figures.aggregate(rows=Sum("rows"))["rows"]
    return Looked(lists, figures.values("name").distinct().count(), int(rows or 0))


def tell(payload: Payload, looked: Mapping[str, Looked], now: dt.datetime) -> None:
    """Make the messages. In the caller's transaction; once for each list, address and span."""
    today = dt.date.fromisoformat(str(payload["day"]))
    made: list[Delivery] = []
    for often, found in looked.items():
        span = last_span(often, today)
        for each in _quiet_lists(often, span, now):
            nights = found.nights.get((each.pk, each.organisation.slug), 0)
            is_whole = nights == span.days
            if nights and (is_whole or today - span.last > PATIENCE):
                made += _deliveries(each, span, found, nights, now)
    Delivery.objects.bulk_create(made, batch_size=500, ignore_conflicts=True)


def _quiet_lists(often: str, span: Span, now: dt.datetime) -> Iterator[MailingList]:
    """Those that were there in all of the span, and were neither sent nor to be sent anything."""
    begin, end = _moment(span.first), _moment(span.last + _ONE_DAY)
    reported = Report.objects.filter(day__gte=span.first, day__lte=span.last)
    sent = Delivery.objects.filter(
        Q(day__gte=span.first, day__lte=span.last) | Q(made_at__gte=begin, made_at__lt=end),
        list__isnull=False,
    ).exclude(Q(kind=DeliveryKind.PROOF) | Q(state=DeliveryState.DROPPED))
    busy = {*reported.values_list("list", flat=True), *sent.values_list("list", flat=True)}
    lists = MailingList.objects.filter(proof_of_life=often, valid_from__lte=begin)
    for each in lists.select_related("organisation"):
        if each.pk not in busy and is_valid(each, now):
            yield each


def _deliveries(
    mailing_list: MailingList, span: Span, found: Looked, nights: int, now: dt.datetime
) -> Iterable[Delivery]:
    facts = {
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "days": span.days,
        "nights": nights,
        "types": found.types,
        "rows": found.rows,
    }
    for who in addressees_of(mailing_list, now):
        key = f"proof {mailing_list.pk} {span.first} {span.last} {who.key}"
        yield Delivery(
            key=key,
            kind=DeliveryKind.PROOF,
            day=span.last,
            list=mailing_list,
            recipient=who.recipient,
            facts=facts,
            address=who.address,
            domain=who.address.rpartition("@")[2],
            message_id=message_id_of(f"delivery {key}"),
            due_at=now,
            made_at=now,
        )


def _moment(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


TELLING = Work(look, tell)
