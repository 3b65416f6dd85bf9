"""The pages of a contact that did not ask: it wants to be told nothing, or rows are wrong."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tocsin.model.errors import TocsinError, TransientError
from tocsin.service import clock
from tocsin.service.delivery.stranger_claims import claim, told_of
from tocsin.service.portal.objection_form import ObjectionForm
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


def object_to_report(request: HttpRequest, reference: str) -> HttpResponse:
    """What the letter was about, and the form; what is said goes to staff."""
    now = clock.now()
    told = told_of(reference, now)
    if told is None:
        return render(request, "links/contact_object.html", {"told": None}, status=410)
    form = ObjectionForm(now, request.POST or None, asks_address=False, report=told.report.file)
    page = {"told": told, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            claim(told, form.objection(), now)
        except TocsinError as error:
            status = 503 if isinstance(error, TransientError) else 422
            return render(
                request, "links/contact_object.html", {**page, "error": error}, status=status
            )
        words = "Thank you. Our staff look at it; until then all stays as it is."
        return render(request, "links/done.html", {"words": words})
    status = 422 if form.errors else 200
    return render(request, "links/contact_object.html", page, status=status)
