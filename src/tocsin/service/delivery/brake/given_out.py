"""Who was given rows that are taken back: by mail, or by fetching reports."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.model.errors import TransientError
from tocsin.service.delivery.brake.fetched_by import Given, fetched_by
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Fetch,
    Recall,
    RecalledReport,
)
from tocsin.service.subscribers.models import AbuseContact, Recipient
from tocsin.service.subscribers.recipients.membership import SENT_TO

_AT_ONCE = 500
_GIVEN = (DeliveryKind.REPORT, DeliveryKind.DIGEST)


@dataclass(slots=True)
class GivenOut:
    """Who has which reports, by key. unknown: fetches of which nobody knows whose they were."""

    reports: dict[Given, set[int]] = field(default_factory=lambda: defaultdict(set))
    unknown: int = 0


def given_out(found: Recall, now: dt.datetime) -> GivenOut:
    """All to whom reports of a recall were given.

    TransientError while a message is under way that may have been composed before the recall.
    """
    rows = RecalledReport.objects.filter(recall=found)
    lists = dict(rows.values_list("report", "report__list"))
    given = GivenOut()
    contacts: dict[tuple[str, str], Given] = {}
    for each in _mailed(found, set(lists.values())):
        theirs = lists.keys() & set(each.reports)
        if theirs:
            who = _of_delivery(each, found)
            if who.list is None:
                # An address may be on file for many networks, and is told once.
                who = contacts.setdefault((who.address, who.of), who)
            given.reports[who] |= theirs
    _add_fetched(given, lists, now)
    return given


def _mailed(found: Recall, lists: Collection[int]) -> Iterator[Delivery]:
    """Messages of these days to the lists, and to all who did not ask: those lists are no rows."""
    rows = Delivery.objects.filter(
        kind__in=_GIVEN,
        day__gte=found.first_day,
        day__lte=found.last_day,
        state__in=[DeliveryState.SENT, DeliveryState.SENDING],
    ).select_related("contact")
    for some in _batches(sorted(lists)):
        yield from rows.filter(list__in=some).iterator()
    if lists:
        yield from rows.filter(list=None).iterator()


def _of_delivery(each: Delivery, found: Recall) -> Given:
    if each.state == DeliveryState.SENDING:
        raise TransientError(
            "a message that may have these rows is under way",
            where=str(found),
            todo="nothing: looked at again",
        )
    if each.list_id is not None:
        return Given(each.address, each.list_id, each.recipient_id)
    # An import may have made the contact anew meanwhile.
    contact = each.contact or AbuseContact.objects.filter(address=each.address).first()
    if contact is None:
        return Given(each.address, of=each.address)
    return Given(each.address, contact=contact.pk, of=contact.address)


def _add_fetched(given: GivenOut, lists: Mapping[int, int], now: dt.datetime) -> None:
    told = _told(given)
    known: dict[tuple[str, int], Sequence[Given] | None] = {}
    for some in _batches(sorted(lists)):
        rows = Fetch.objects.filter(report__in=some).order_by("pk")
        for report, holder in rows.values_list("report_id", "holder"):
            key = holder, lists[report]
            if key not in known:
                known[key] = fetched_by(*key, now)
            found = known[key]
            given.unknown += found is None
            for each in found or ():
                same = told.setdefault((each.list, each.address, each.of), each)
                given.reports[same].add(report)


def _told(given: GivenOut) -> dict[tuple[int | None, str, str], Given]:
    """Who is told by mail in any case: one who has fetched reports as well is not told twice."""
    numbers = [each.recipient for each in given.reports if each.recipient is not None]
    there: set[int] = set()
    for some in _batches(sorted(numbers)):
        rows = Recipient.objects.filter(pk__in=some, state__in=SENT_TO)
        there |= set(rows.values_list("pk", flat=True))
    return {
        (each.list, each.address, each.of): each
        for each in given.reports
        if each.list is None or each.recipient in there
    }


def _batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for begin in range(0, len(numbers), _AT_ONCE):
        yield numbers[begin : begin + _AT_ONCE]
