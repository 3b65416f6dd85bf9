"""The pages behind the link of a report, and behind the link by which an objection is confirmed."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.model.errors import TocsinError, UsageError
from tocsin.service import clock
from tocsin.service.portal.objection_form import ObjectionForm
from tocsin.service.subscribers.cases import confirming
from tocsin.service.subscribers.cases.objecting import object_as
from tocsin.service.subscribers.cases.objection_links import Objecting, read_reference
from tocsin.service.subscribers.cases.objection_reading import Claimant
from tocsin.service.subscribers.models import Case, OrganisationState
from tocsin.service.subscribers.recipients.membership import SENT_TO


def object_to_report(request: HttpRequest, reference: str) -> HttpResponse:
    """What the report is about, and the form."""
    about, now = read_reference(reference), clock.now()
    if about is None or not _is_open(about, now):
        return render(request, "links/object.html", {"about": None}, status=410)
    form = ObjectionForm(
        now,
        request.POST or None,
        asks_address=about.recipient is None,
        report=about.report,
    )
    page = {"about": about, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            cases = _open(about, form, now)
        except TocsinError as error:
            return render(request, "links/object.html", {**page, "error": error}, status=503)
        return render(request, "links/objected.html", {"about": about, "cases": cases})
    status = 422 if form.errors else 200
    return render(request, "links/object.html", page, status=status)


def confirm_case(request: HttpRequest, reference: str) -> HttpResponse:
    """The claimant confirms, or says that they never objected."""
    cases = confirming.cases_of(reference)
    if request.method == "POST":
        if request.POST.get("answer") == "withdraw":
            confirming.withdraw_cases(reference, clock.now())
            words = "The objection has been withdrawn; the reports stay as they are."
        elif confirming.confirm_cases(reference, clock.now()):
            words = "Thank you. The objection is confirmed."
        else:
            words = "There is nothing (any more) that waits to be confirmed."
        return render(request, "links/done.html", {"words": words})
    waits = any(each.state == "unconfirmed" for each in cases)
    return render(request, "links/confirm_cases.html", {"cases": cases, "waits": waits})


def _open(about: Objecting, form: ObjectionForm, now: dt.datetime) -> list[Case]:
    """Make the cases; none, with the same answer, for an address that gets nothing of the list.

    Who gets a list is not to be found out by asking; nor by asking too often.
    """
    objection = form.objection()
    address = about.recipient.address if about.recipient else form.cleaned_data["claimant"]
    on_list = about.list.recipients.filter(address=address, state__in=SENT_TO)
    if about.recipient is None and not on_list.exists():
        return []
    claimant = Claimant(
        organisation=about.list.organisation,
        address=address,
        lists=[about.list],
        # A repair is known by itself: what comes later is reported. That rows are wrong is
        # confirmed by the mailbox that they were sent to.
        is_known=about.recipient is not None and objection.kind is SuppressionKind.FIXED,
    )
    try:
        return object_as(claimant, objection, now)
    except UsageError:
        if about.recipient is not None:
            raise
        return []


def _is_open(about: Objecting, now: dt.datetime) -> bool:
    has_ended = about.list.valid_to is not None and about.list.valid_to <= now
    return not has_ended and about.list.organisation.state == OrganisationState.ACTIVE
