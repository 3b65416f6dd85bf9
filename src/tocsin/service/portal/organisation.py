"""The first page of an organisation, for its own people and for staff."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from tocsin.service import clock
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.organisation_page import show
from tocsin.service.subscribers.models import (
    ContactState,
    NetworkState,
    Organisation,
    Proof,
    ProofState,
    RecipientState,
    RequestState,
)

_SOON = dt.timedelta(days=30)
_MOST = 12


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def overview(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """What is reported to whom, and what waits for somebody."""
    networks = organisation.networks.exclude(state=NetworkState.ENDED)
    gone = (RecipientState.LEFT, RecipientState.REMOVED)
    lists = organisation.lists.filter(valid_to=None).prefetch_related("recipients").order_by("pk")
    proofs = Proof.objects.filter(network__in=networks, state=ProofState.VALID)
    ending = {
        each.network_id: each for each in proofs.order_by("ends_at").select_related("network")
    }
    soon = clock.now() + _SOON
    page = {
        "networks": networks[:_MOST],
        "more_networks": max(0, networks.count() - _MOST),
        "frozen": networks.filter(state=NetworkState.FROZEN),
        "ending": [each for each in ending.values() if each.ends_at < soon][:_MOST],
        "lists": [
            (each, [to for to in each.recipients.all() if to.state not in gone]) for each in lists
        ],
        "contacts": organisation.contacts.exclude(state=ContactState.REMOVED),
        "waiting": organisation.requests.filter(state__in=RequestState.open_ones()),
    }
    return show(request, organisation, "overview", page)
