"""Whom mail does not reach: lists that reach nobody, addresses that fail, complaints."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from tocsin.service import clock
from tocsin.service.delivery.models import Returned, ReturnedKind
from tocsin.service.permissions import Permission, may, needs
from tocsin.service.portal.staff.common import actor, page_of, said
from tocsin.service.subscribers.models import (
    AddressHealth,
    Health,
    ListMode,
    MailingList,
    OrganisationState,
    Recipient,
)
from tocsin.service.subscribers.recipients.address_health import forgive
from tocsin.service.subscribers.recipients.dead_addresses import is_dead
from tocsin.service.subscribers.recipients.membership import SENT_TO

_LATELY = dt.timedelta(days=30)
_MOST = 200


@needs(Permission.ORGANISATIONS_SEE)
@require_GET
def shown(request: HttpRequest) -> HttpResponse:
    """Lists that reach nobody, addresses that fail by text and state, complaints of a month."""
    text, state = said(request, "text"), said(request, "state")
    addresses = page_of(request, _failing(text, state))
    now = clock.now()
    lists = _lists_of({each.address for each in addresses})
    complaints = Returned.objects.filter(
        kind=ReturnedKind.COMPLAINT, noted_at__gte=now - _LATELY
    ).select_related("delivery__list__organisation")
    counts = AddressHealth.objects.exclude(state=Health.HEALTHY).values("state", "cause")
    causes = dict(AddressHealth._meta.get_field("cause").flatchoices)
    page = {
        "nobody": _reach_nobody(now)[:_MOST],
        "shown": addresses,
        "rows": [(each, lists.get(each.address, [])) for each in addresses],
        "may_change": may(request.user, Permission.ORGANISATIONS_CHANGE),
        "text": text,
        "state": state,
        "states": [each for each in Health.choices if each[0] != Health.HEALTHY],
        "counts": [
            (Health(each["state"]).label, causes.get(each["cause"], ""), each["number"])
            for each in counts.annotate(number=Count("pk")).order_by("state", "cause")
        ],
        "complaints": complaints.order_by("-id")[:_MOST],
    }
    return render(request, "staff/deliverability.html", page)


@needs(Permission.ORGANISATIONS_CHANGE)
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Have an address tried again that could not be reached."""
    address = request.POST.get("address", "").replace("\0", "").strip().lower()[:254]
    if forgive(address, actor(request), clock.now()):
        messages.success(request, f"{address} is sent to again.")
    else:
        messages.error(request, "There is no such address that fails.")
    return redirect("staff_deliverability")


def _reach_nobody(now: dt.datetime) -> QuerySet[MailingList]:
    """Live lists of active organisations on which nobody is that mail reaches."""
    reached = Recipient.objects.filter(~is_dead(), state__in=SENT_TO).values("list")
    return (
        MailingList.objects.filter(
            Q(valid_to=None) | Q(valid_to__gt=now),
            mode=ListMode.LIVE,
            organisation__state=OrganisationState.ACTIVE,
        )
        .exclude(pk__in=reached)
        .select_related("organisation")
        .annotate(dead=Count("recipients", filter=Q(recipients__state__in=SENT_TO)))
        .order_by("organisation__name", "pk")
    )


def _failing(text: str, state: str) -> QuerySet[AddressHealth]:
    found = AddressHealth.objects.exclude(state=Health.HEALTHY).order_by("state", "address")
    if state in Health.values:
        found = found.filter(state=state)
    if not text:
        return found
    theirs = Recipient.objects.filter(
        Q(list__organisation__slug=text.lower())
        | Q(list__organisation__name__iexact=text)
        | Q(list__name__iexact=text)
    )
    return found.filter(Q(address__icontains=text) | Q(address__in=theirs.values("address")))


def _lists_of(addresses: set[str]) -> dict[str, list[MailingList]]:
    rows = Recipient.objects.filter(address__in=addresses, state__in=SENT_TO)
    found: dict[str, list[MailingList]] = {}
    for each in rows.select_related("list__organisation").order_by("list"):
        found.setdefault(each.address, []).append(each.list)
    return found
