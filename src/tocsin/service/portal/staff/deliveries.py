"""The outbox: how far the messages of a day are, and what the server said of those that failed."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Max, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from tocsin.service import clock
from tocsin.service.audit.record import Subject, record
from tocsin.service.delivery import outbox
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryState,
    NightState,
    Outcome,
    Report,
)
from tocsin.service.permissions import Permission, needs
from tocsin.service.portal.staff.common import actor, page_of, said, span


@needs(Permission.REQUESTS_SEE)
@require_GET
def deliveries(request: HttpRequest) -> HttpResponse:
    """Counts of a day by state and reason; and those that failed or wait, newest first."""
    day = _day(request)
    text, state = said(request, "text"), said(request, "state")
    now = clock.now()
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=now)
    page = {
        "day": day,
        "counts": _counts(day),
        "oldest": _age(waiting, now),
        "held": _held(),
        "shown": page_of(request, _found(day, text, state)),
        "text": text,
        "state": state,
        "states": DeliveryState.choices,
    }
    return render(request, "staff/deliveries.html", page)


@needs(Permission.WORK_MANAGE)
@require_POST
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Try one that has failed once more."""
    with transaction.atomic():
        delivery = outbox.again(number, clock.now())
        if delivery is not None:
            record(
                actor(request),
                "delivery.again",
                Subject("delivery", str(delivery.pk), delivery.key),
                clock.now(),
                before={"reason": delivery.reason, "reply": delivery.reply},
            )
    if delivery is None:
        messages.error(request, "That has not failed, or its day was made anew since.")
    else:
        messages.success(request, "It is sent once more.")
    return redirect("staff_deliveries")


def _day(request: HttpRequest) -> dt.date | None:
    """The day that is asked for, or else the newest there is."""
    try:
        return dt.date.fromisoformat(said(request, "day"))
    except ValueError:
        found: dt.date | None = Delivery.objects.aggregate(newest=Max("day"))["newest"]
        return found


def _of_day(day: dt.date | None) -> QuerySet[Delivery]:
    return Delivery.objects.filter(day=day) if day is not None else Delivery.objects.none()


def _counts(day: dt.date | None) -> list[dict[str, object]]:
    rows = _of_day(day).order_by().values("state", "reason")
    labels = dict(DeliveryState.choices)
    counted = rows.annotate(count=Count("pk")).order_by("state", "reason")
    return [{**each, "label": labels[each["state"]]} for each in counted]


def _held() -> list[dict[str, object]]:
    """By day, how many reports the brake holds back: no message is made of them yet."""
    held = Report.objects.filter(outcome=Outcome.HELD).exclude(night__state=NightState.LATER)
    counted = held.order_by("day").values("day").annotate(count=Count("pk"))
    return [{"day": each["day"], "count": each["count"]} for each in counted]


def _age(waiting: QuerySet[Delivery], now: dt.datetime) -> str:
    """How long the oldest has waited, "" if nothing is due."""
    oldest: dt.datetime | None = waiting.aggregate(oldest=Min("due_at"))["oldest"]
    return span(now - oldest) if oldest is not None else ""


def _found(day: dt.date | None, text: str, state: str) -> QuerySet[Delivery]:
    found = _of_day(day).select_related("list__organisation").order_by("-id")
    if text:
        found = found.filter(Q(address__icontains=text) | Q(message_id=f"<{text.strip('<>')}>"))
    if state in DeliveryState.values:
        return found.filter(state=state)
    return found if text else found.filter(state=DeliveryState.FAILED)
