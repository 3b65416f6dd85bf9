"""The page by which a contact that nobody asked says that it wants to be told nothing."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tocsin.service import clock
from tocsin.service.subscribers.abuse_contacts import switching
from tocsin.service.subscribers.models import AbuseContact


def opt_out(request: HttpRequest, reference: str) -> HttpResponse:
    """The address is told nothing any more, of whichever network, until it says otherwise."""
    contact = AbuseContact.objects.filter(address=reference).order_by("pk").first()
    if contact is None:
        raise Http404
    if request.method == "POST":
        switching.opt_out(contact, clock.now())
        words = "Nothing more is sent to this address."
        return render(request, "links/done.html", {"words": words})
    return render(request, "links/contact_opt_out.html", {"contact": contact})
