"""What was asked for and what was changed; drafts are confirmed here."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from tocsin.service import clock
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.followed import follow
from tocsin.service.portal.organisation_page import contact_of, show
from tocsin.service.subscribers.changes import changing
from tocsin.service.subscribers.changes.value import from_json
from tocsin.service.subscribers.changes.words import lines_of
from tocsin.service.subscribers.models import (
    Claim,
    Organisation,
    Request,
    RequestKind,
    RequestState,
)

_MOST = 100


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def shown(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Requests that are open, changes that were made, requests that are closed."""
    requests = organisation.requests.order_by("-pk")
    page = {
        "open_ones": requests.filter(state__in=RequestState.open_ones())[:_MOST],
        "closed": requests.exclude(state__in=RequestState.open_ones())[:_MOST],
        "changes": organisation.changes.all()[:_MOST],
    }
    return show(request, organisation, "changes", page)


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def one(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """One request: what is wanted, what is open, and what can be done."""
    claims = Prefetch("claims", Claim.objects.order_by("pk"))
    asked = get_object_or_404(organisation.requests.prefetch_related(claims), pk=number)
    page = {
        "asked": asked,
        "lines": lines_of(from_json(asked.change)) if asked.change else [],
        "done": asked.changes.order_by("pk"),
        "is_draft": asked.kind == RequestKind.CHANGE and asked.state == RequestState.UNCONFIRMED,
        "may_drop": asked.kind == RequestKind.CHANGE
        and asked.state in (RequestState.ASKED, RequestState.UNCONFIRMED),
        "is_proving": asked.state == RequestState.PROVING,
    }
    return show(request, organisation, "change", page)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def confirm(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """An admin confirms a draft, exactly as they saw it."""
    asked = get_object_or_404(organisation.requests, pk=number)
    contact = contact_of(request, organisation)
    if contact is None:
        messages.error(request, "A draft is confirmed by an admin of the organisation.")
    elif changing.confirm_change(asked, _turn(request), contact, clock.now()):
        follow(request, asked.pk, contact)
        messages.success(request, "The change has been confirmed. All admins have been told.")
    else:
        messages.error(
            request,
            "Nothing was changed: the draft has been changed or decided since. Please look again.",
        )
    return _back(organisation, asked)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def drop(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Nothing is to come of a draft."""
    asked = get_object_or_404(organisation.requests, pk=number)
    contact = contact_of(request, organisation)
    if contact is not None and changing.drop_change(asked, _turn(request), contact, clock.now()):
        messages.success(request, "The request has been dropped; nothing was changed.")
    else:
        messages.error(request, "It has been changed or decided since. Please look again.")
    return _back(organisation, asked)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def prove(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Let this browser session prove the networks of a request."""
    asked = get_object_or_404(organisation.requests, pk=number, state=RequestState.PROVING)
    follow(request, asked.pk, contact_of(request, organisation))
    return redirect("request", number=asked.pk)


def _turn(request: HttpRequest) -> int:
    said = request.POST.get("turn", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else -1


def _back(organisation: Organisation, asked: Request) -> HttpResponse:
    return redirect("organisation_change", slug=organisation.slug, number=asked.pk)
