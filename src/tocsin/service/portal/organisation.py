"""The pages of one organisation, for its own people and for staff."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tocsin.service.permissions import Permission, needs_in_organisation, organisations_for
from tocsin.service.subscribers.models import Organisation


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def overview(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Networks, lists and people."""
    changes = organisations_for(request.user, Permission.ORGANISATION_CHANGE)
    page = {
        "organisation": organisation,
        "networks": organisation.networks.exclude(state="ended").prefetch_related("proofs"),
        "lists": organisation.lists.prefetch_related("recipients"),
        "contacts": organisation.contacts.exclude(state="removed"),
        "may_change": changes.filter(pk=organisation.pk).exists(),
    }
    return render(request, "organisation/overview.html", page)
