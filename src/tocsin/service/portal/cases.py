"""The pages of cases: an organisation's own, and the queue for staff."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.model.errors import TocsinError, UsageError
from tocsin.service import clock
from tocsin.service.delivery.brake.in_view import with_recalls
from tocsin.service.permissions import (
    Permission,
    may,
    needs,
    needs_in_organisation,
)
from tocsin.service.portal.for_people import told
from tocsin.service.portal.objection_form import ObjectionForm
from tocsin.service.portal.organisation_page import actor_of, contact_of, show
from tocsin.service.portal.staff.common import actor, person
from tocsin.service.subscribers.cases import decisions
from tocsin.service.subscribers.cases.decisions import IN_PLAY
from tocsin.service.subscribers.cases.objecting import open_cases
from tocsin.service.subscribers.models import (
    Case,
    CaseState,
    Organisation,
    RequestChannel,
)
from tocsin.service.subscribers.requests.asking import Arrival

_MOST_SHOWN = 200


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_http_methods(["GET", "POST"])
def all_cases(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """What was objected to, what became of it, and the form for a new objection."""
    contact = contact_of(request, organisation)
    form = ObjectionForm(clock.now(), request.POST or None, asks_address=False)
    if request.method == "POST" and contact is not None and form.is_valid():
        arrival = Arrival(RequestChannel.PORTAL, contact.address)
        try:
            for case in open_cases(contact, form.objection(), arrival, clock.now()):
                words = f"No. {case.pk}, {case.address}: {case.get_state_display()}."
                messages.success(request, f"{words} {case.decision}".strip())
        except TocsinError as error:
            messages.error(request, told(error))
        return redirect("cases", slug=organisation.slug)
    cases = organisation.cases.prefetch_related("lists")
    page = {
        "in_play": cases.filter(state__in=IN_PLAY)[:_MOST_SHOWN],
        "over": cases.exclude(state__in=IN_PLAY)[:_MOST_SHOWN],
        "form": form if contact is not None and not organisation.is_national_cert else None,
    }
    return show(request, organisation, "cases", page, status=422 if form.errors else 200)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def end(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """End a case early."""
    case = get_object_or_404(Case, pk=number, organisation=organisation)
    if decisions.end_case(case, actor_of(request, organisation), clock.now()):
        messages.success(request, f"Case {number} has ended; such rows are reported again.")
    return redirect("cases", slug=organisation.slug)


@needs(Permission.REQUESTS_SEE)
@require_http_methods(["GET"])
def queue(request: HttpRequest) -> HttpResponse:
    """Those that wait for staff, oldest first; then those in force that hide most."""
    waiting = Case.objects.filter(state=CaseState.OPEN).select_related("organisation")
    in_force = Case.objects.filter(state=CaseState.IN_FORCE).select_related("organisation")
    page = {
        "waiting": waiting.order_by("pk")[:_MOST_SHOWN],
        "in_force": in_force.order_by("-suppressed", "-pk")[:_MOST_SHOWN],
    }
    return render(request, "cases/queue.html", page)


@needs(Permission.REQUESTS_SEE)
@require_http_methods(["GET", "POST"])
def one_case(request: HttpRequest, number: int) -> HttpResponse:
    """One case with its rows; those who decide requests decide it here."""
    case = get_object_or_404(Case, pk=number)
    may_decide = may(request.user, Permission.REQUESTS_DECIDE)
    if request.method == "POST" and may_decide:
        _decide(request, case)
        return redirect("case", number=number)
    page = {
        "case": case,
        "rows": with_recalls(case.rows),
        "may_decide": may_decide and case.state == CaseState.OPEN,
        "may_end": may_decide and case.state == CaseState.IN_FORCE,
    }
    return render(request, "cases/case.html", page)


def _decide(request: HttpRequest, case: Case) -> None:
    words, days = request.POST.get("words", ""), request.POST.get("days", "30")
    try:
        match request.POST.get("decision"):
            case "accept" | "refuse" as decision:
                decisions.decide_case(
                    case,
                    person(request),
                    words,
                    clock.now(),
                    accept=decision == "accept",
                    days=int(days) if days.isdecimal() and len(days) < 5 else 0,
                )
            case "end":
                decisions.end_case(case, actor(request), clock.now())
            case _:
                messages.error(request, "Nothing was decided.")
    except UsageError as error:
        messages.error(request, told(error))
