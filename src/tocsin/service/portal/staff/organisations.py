"""Organisations for staff: finding one, seeing all of it, stopping it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.accounts.models import User
from tocsin.service.audit.models import AuditLine
from tocsin.service.permissions import Permission, may, needs
from tocsin.service.portal.for_people import told
from tocsin.service.portal.staff.common import actor, numbers, page_of, person, said
from tocsin.service.subscribers import standing
from tocsin.service.subscribers.changes import freezing
from tocsin.service.subscribers.models import (
    Contact,
    Network,
    NetworkState,
    Organisation,
    OrganisationState,
)
from tocsin.service.subscribers.requests.search import touching
from tocsin.service.subscribers.values import any_network
from tocsin.service.texts import harmless
from tocsin.service.verification.freezing import freeze_network, unfreeze_network

Act = Callable[[Any, str, User, dt.datetime], bool]

_ORGANISATION: Mapping[str, Act] = {
    "freeze": standing.freeze_organisation,
    "close": standing.close_organisation,
}


@needs(Permission.ORGANISATIONS_SEE)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """All organisations, or those that a text and a state find."""
    text, state = said(request, "text"), said(request, "state")
    shown = page_of(request, _found(text, state))
    counts = _counts([each.pk for each in shown])
    for each in shown:
        each.holds = counts.get(each.pk, 0)
    page = {"shown": shown, "text": text, "state": state, "states": OrganisationState.choices}
    return render(request, "staff/organisations.html", page)


@needs(Permission.ORGANISATIONS_SEE)
@require_GET
def organisation_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One organisation: people, networks with their proofs, lists, requests, what happened."""
    found = get_object_or_404(Organisation, slug=slug)
    page = {
        "organisation": found,
        "networks": page_of(request, found.networks.prefetch_related("proofs")),
        "lists": found.lists.prefetch_related("recipients"),
        "contacts": found.contacts.all(),
        "requests": found.requests.order_by("-id")[:20],
        "cases": found.cases.all()[:20],
        **_frozen(found),
        "lines": AuditLine.objects.filter(organisation=found.pk)[:30],
        "may_change": may(request.user, Permission.ORGANISATIONS_CHANGE),
    }
    return render(request, "staff/organisation.html", page)


def _frozen(found: Organisation) -> dict[str, Any]:
    """What may be put back when it goes on."""
    if found.state != OrganisationState.FROZEN:
        return {}
    return {
        "restorable": freezing.restorable(found, clock.now()),
        "frozen_networks": found.networks.filter(state=NetworkState.FROZEN),
    }


@needs(Permission.ORGANISATIONS_CHANGE)
@require_POST
def set_state(request: HttpRequest, slug: str) -> HttpResponse:
    """Freeze, let go on, close."""
    found = get_object_or_404(Organisation, slug=slug)
    if request.POST.get("act") == "unfreeze":
        _answer(request, found, partial(_unfreeze, request, found))
    elif request.POST.get("act") == "close" and not request.POST.get("sure"):
        messages.error(request, "Closing cannot be undone: please tick that you mean it.")
    else:
        act = _ORGANISATION.get(request.POST.get("act", ""))
        _answer(
            request,
            found,
            partial(act, found, _reason(request), person(request), clock.now()) if act else None,
        )
    return redirect("staff_organisation", slug=slug)


@needs(Permission.ORGANISATIONS_CHANGE)
@require_POST
def set_network_state(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Freeze one network, or let it go on."""
    found = get_object_or_404(Network, pk=number, organisation__slug=slug)
    by, reason = actor(request), _reason(request)
    act: Callable[[], bool] | None = None
    match request.POST.get("act"):
        case _ if not reason:
            messages.error(request, "Please say why.")
        case "freeze":
            act = partial(freeze_network, found, reason, by, clock.now())
        case "unfreeze":
            act = partial(unfreeze_network, found, by, reason, clock.now())
    _answer(request, found, act)
    return redirect("staff_organisation", slug=slug)


def _unfreeze(request: HttpRequest, found: Organisation) -> bool:
    freezing.unfreeze(
        found,
        person(request),
        _reason(request),
        clock.now(),
        restore=numbers(request, "restore"),
        networks=numbers(request, "network"),
    )
    return True


def _reason(request: HttpRequest) -> str:
    return harmless(request.POST.get("reason", ""), 1_000)


def _answer(
    request: HttpRequest, what: Organisation | Network, act: Callable[[], bool] | None
) -> None:
    """Do it, and say on the next page what came of it."""
    try:
        if act is None or not act():
            messages.error(request, "Nothing was changed.")
        else:
            what.refresh_from_db()
            messages.success(request, f"{what}: {what.get_state_display()} now.")
    except UsageError as error:
        messages.error(request, told(error))


def _found(text: str, state: str) -> QuerySet[Organisation]:
    found = Organisation.objects.order_by("name", "id")
    if state in OrganisationState.values:
        found = found.filter(state=state)
    if not text:
        return found
    wanted = Q(name__icontains=text) | Q(slug=text.lower())
    wanted |= Q(pk__in=Contact.objects.filter(address__icontains=text).values("organisation"))
    try:
        networks = Network.objects.exclude(state=NetworkState.ENDED).filter(
            touching(any_network(text))
        )
    except ValueError:
        return found.filter(wanted)
    return found.filter(wanted | Q(pk__in=networks.values("organisation")))


def _counts(numbers: list[int]) -> dict[int, int]:
    """How many networks each holds, of those on the page alone."""
    held = Network.objects.filter(organisation__in=numbers).exclude(state=NetworkState.ENDED)
    rows = held.order_by().values_list("organisation").annotate(Count("pk"))
    return dict(rows)
