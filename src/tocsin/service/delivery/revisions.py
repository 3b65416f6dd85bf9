"""A day may be made more than once: each list is mailed one revision of it, once.

That is the first of which anything is delivered to the list, or is on its way; the others are
`later` for it. What was held, refused for good or dropped, or had nobody to go to, counts for
nothing: the next revision that is made goes out then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Exists, OuterRef, QuerySet

from tocsin.service.delivery.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Night,
    NightList,
    Outcome,
    Report,
)
from tocsin.service.webhooks.models import Call, HookCall

_OF_REPORTS = (DeliveryKind.REPORT, DeliveryKind.DIGEST)
_GOES_OR_GONE = (DeliveryState.WAITING, DeliveryState.SENDING, DeliveryState.SENT)


def hold_still(night: Night, lists: Collection[int]) -> None:
    """Let nobody plan another revision of the day for these lists, until the transaction ends."""
    rows = NightList.objects.filter(night__in=_nights_of(night), list__in=list(lists))
    # One order for all who lock them.
    list(rows.select_for_update().order_by("list", "pk").values_list("pk", flat=True))
    # What failed may be tried again by staff, who ask here as well.
    failed = _of_others(night).filter(state=DeliveryState.FAILED)
    list(failed.filter(list__in=list(lists)).select_for_update().order_by("pk").values_list("pk"))


def lists_told(night: Night, lists: Collection[int]) -> set[int]:
    """Those of the lists to which another revision of the day goes, or has gone."""
    if not _others(night).exists():
        return set()
    sent = _of_others(night).filter(list__in=list(lists), state__in=_GOES_OR_GONE)
    calls = HookCall.objects.filter(
        report__night__in=_others(night),
        report__list__in=list(lists),
        state__in=(Call.WAITING, Call.SENT),
    )
    return {
        *sent.order_by().values_list("list", flat=True).distinct(),
        *calls.order_by().values_list("report__list", flat=True).distinct(),
    }


def contacts_told(night: Night, addresses: Iterable[str]) -> set[str]:
    """Those of the addresses that nobody asked for to which another revision of the day goes."""
    if not _others(night).exists():
        return set()
    sent = _of_others(night).filter(list=None, address__in=list(addresses))
    return set(sent.filter(state__in=_GOES_OR_GONE).values_list("address", flat=True))


def is_told(delivery: Delivery) -> bool:
    """Whether another revision goes, or has gone, to whom a delivery of reports is for."""
    report = Report.objects.filter(pk__in=delivery.reports[:1]).select_related("night").first()
    if report is None or delivery.kind not in _OF_REPORTS:
        return False
    if delivery.list_id is None:
        return bool(contacts_told(report.night, [delivery.address]))
    return bool(lists_told(report.night, [delivery.list_id]))


def put_by(night: Night) -> None:
    """End what nobody holds of a night and will not be mailed. In the caller's transaction.

    What staff dropped of a day stays dropped where it is made anew.
    """
    waiting = Report.objects.filter(night=night, outcome=Outcome.WAITING)
    if night.partial:
        waiting.update(outcome=Outcome.LATER)
        return
    dropped = Report.objects.filter(
        night__in=_others(night),
        outcome=Outcome.DROPPED,
        list=OuterRef("list"),
        report_type=OuterRef("report_type"),
        delayed=OuterRef("delayed"),
    )
    waiting.filter(Exists(dropped)).update(outcome=Outcome.DROPPED)
    told = lists_told(night, set(waiting.values_list("list", flat=True)))
    waiting.filter(list__in=told).update(outcome=Outcome.LATER)


def _nights_of(night: Night) -> QuerySet[Night]:
    return Night.objects.filter(day=night.day, partial=False)


def _others(night: Night) -> QuerySet[Night]:
    return _nights_of(night).exclude(pk=night.pk)


def _of_others(night: Night) -> QuerySet[Delivery]:
    """Messages with reports of other revisions of the day; a key begins with its night."""
    rows = Delivery.objects.filter(day=night.day, kind__in=_OF_REPORTS)
    return rows.exclude(key__startswith=f"{night} ")
