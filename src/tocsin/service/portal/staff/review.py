"""The queue of requests, and what is decided on them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.accounts.models import User
from tocsin.service.permissions import Permission, may, needs
from tocsin.service.portal.for_people import told
from tocsin.service.portal.staff.common import numbers, page_of, person, said, span
from tocsin.service.portal.staff.request_view import request_view
from tocsin.service.subscribers.models import Request, RequestState
from tocsin.service.subscribers.requests import deciding
from tocsin.service.subscribers.requests.all_green import green_requests
from tocsin.service.subscribers.requests.handling import handling_time
from tocsin.service.subscribers.requests.ready_texts import words_of
from tocsin.service.subscribers.requests.search import find_requests
from tocsin.service.texts import harmless

_STATES = (("review", "waits for us"), ("open", "open"), ("all", "all"))


@needs(Permission.REQUESTS_SEE)
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Requests, oldest first: those that wait for staff, or what is looked for."""
    text = said(request, "text")
    state = said(request, "state") or ("all" if text else RequestState.REVIEW.value)
    now = clock.now()
    shown = page_of(request, find_requests(text, state).prefetch_related("claims"))
    for each in shown:
        each.waits = span(now - (each.reviewed_from or each.made_at)) if each.is_open else ""
    others = [each for each in RequestState.choices if each[0] != RequestState.REVIEW]
    page = {
        "shown": shown,
        "text": text,
        "state": state,
        "states": (*_STATES, *others),
        "median": span(handling_time(now)),
        "may_decide": may(request.user, Permission.REQUESTS_DECIDE),
    }
    return render(request, "staff/queue.html", page)


@needs(Permission.REQUESTS_SEE)
@require_GET
def request_page(request: HttpRequest, number: int) -> HttpResponse:
    """One request with its evidence."""
    related = ("organisation", "decided_by", "first_approval")
    asked = get_object_or_404(Request.objects.select_related(*related), pk=number)
    return render(request, "staff/request.html", request_view(asked, person(request)))


@needs(Permission.REQUESTS_DECIDE)
@require_POST
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Approve, ask back, refuse, or take a first approval back."""
    asked = get_object_or_404(Request, pk=number)
    try:
        _decide(request, asked, person(request))
    except UsageError as error:
        messages.error(request, told(error))
    return redirect("review_request", number=number)


def _decide(request: HttpRequest, asked: Request, reviewer: User) -> None:
    decision = request.POST.get("decision", "")
    typed = harmless(request.POST.get("words", ""), 5_000, lines=True)
    note = harmless(request.POST.get("note", ""), 5_000, lines=True)
    words = words_of(decision, request.POST.get(f"ready_{decision}", ""), typed)
    now = clock.now()
    match decision:
        case "approve":
            granted = numbers(request, "claim")
            if deciding.approve(asked, granted, reviewer, note, now, words=words):
                messages.success(request, "Approved.")
            else:
                messages.warning(request, "Noted. A second person has to approve the same.")
        case "ask":
            deciding.ask_back(asked, reviewer, words, now)
            messages.success(request, "The question is on its way.")
        case "refuse":
            deciding.refuse(asked, reviewer, words, now, note=note)
            messages.success(request, "Refused.")
        case "withdraw":
            deciding.withdraw_approval(asked, reviewer, now)
            messages.success(request, "Your approval has been taken back.")
        case _:
            messages.error(request, "Nothing was decided.")


@needs(Permission.REQUESTS_DECIDE)
@require_http_methods(["GET", "POST"])
def all_green(request: HttpRequest) -> HttpResponse:
    """Requests in which every network is green: shown first, and approved by the button."""
    if request.method == "GET":
        return render(request, "staff/all_green.html", {"green": green_requests(clock.now())})
    ticked = set(numbers(request, "request"))
    done = 0
    for each in green_requests(clock.now()):
        if each.pk not in ticked:
            continue
        granted = tuple(claim.pk for claim in each.claims.all())
        try:
            done += deciding.approve(
                each, granted, person(request), "all networks green", clock.now()
            )
        except UsageError as error:
            messages.error(request, told(error))
    messages.success(request, f"{done} of {len(ticked)} approved.")
    return redirect("review_queue")
