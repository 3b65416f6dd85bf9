"""Staff look contacts up: who is told of harm in a network, who would be next, and why."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.permissions import Permission, may, needs
from tocsin.service.portal.for_people import told
from tocsin.service.portal.staff.common import actor
from tocsin.service.subscribers.abuse_contacts import asking, find, switching
from tocsin.service.subscribers.models import AbuseContact
from tocsin.service.subscribers.values import NetworkValue, any_network
from tocsin.service.texts import harmless

_MOST_ROWS = 200


@needs(Permission.ORGANISATIONS_SEE)
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """By network, with the chain for it, or by mail address."""
    said = harmless(request.GET.get("q", ""), 300)
    page = {
        "said": said,
        "policies": find.policies(),
        "may_change": may(request.user, Permission.ORGANISATIONS_CHANGE),
    }
    if said and "@" in said:
        page["rows"] = AbuseContact.objects.filter(address=said.lower())[:_MOST_ROWS]
        page["address"] = said.lower()
    elif said:
        try:
            asked = asking.asked_for(said, None, "")
        except UsageError as error:
            messages.error(request, told(error))
        else:
            page["steps"] = find.chain_of(asked, clock.now())
            page["held"] = find.held_for(asked)
            page["network"] = any_network(said)
    return render(request, "contacts/search.html", page)


@needs(Permission.ORGANISATIONS_CHANGE)
@require_POST
def set_manual(request: HttpRequest) -> HttpResponse:
    """Set a contact of a network by hand; it goes before all automatic ones."""
    said = request.POST.get("network", "")
    try:
        network = _network(said)
        switching.set_by_hand(
            network,
            request.POST.get("address", ""),
            request.POST.get("name", ""),
            asking.country_of(request.POST.get("country", "")),
            actor(request),
            clock.now(),
        )
    except UsageError as error:
        messages.error(request, told(error))
    else:
        messages.success(request, "The contact is set. It goes before all automatic ones.")
    return _back(said)


@needs(Permission.ORGANISATIONS_CHANGE)
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Disable an address, or enable it again."""
    address = request.POST.get("address", "")
    change = switching.enable if request.POST.get("to") == "on" else switching.disable
    try:
        change(address, request.POST.get("reason", ""), actor(request), clock.now())
    except UsageError as error:
        messages.error(request, told(error))
    return _back(address)


def _network(said: str) -> NetworkValue:
    try:
        return any_network(said)
    except ValueError as error:
        raise UsageError(str(error), where="network") from None


def _back(said: str) -> HttpResponse:
    return redirect(f"{reverse('contacts')}?{urlencode({'q': said})}")
