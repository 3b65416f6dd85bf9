"""What a national CERT sees of the organisations in its country, at the level it was granted."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.organisation_page import show
from tocsin.service.subscribers.delegating import delegations_of, seen_by
from tocsin.service.subscribers.models import Organisation

_A_PAGE = 100


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def seen(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """One table per country; not found for whoever is no national CERT."""
    if not organisation.is_national_cert:
        raise Http404
    number = request.GET.get("page", "1")
    countries = [
        (each, Paginator(seen_by(organisation, each), _A_PAGE).get_page(number))
        for each in delegations_of(organisation)
    ]
    return show(request, organisation, "country", {"countries": countries})
