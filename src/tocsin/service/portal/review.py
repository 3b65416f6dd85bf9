"""The queue of requests for staff: each with its evidence, and what is decided."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.accounts.models import User
from tocsin.service.permissions import Permission, may, needs
from tocsin.service.subscribers import deciding
from tocsin.service.subscribers.models import Request, RequestState
from tocsin.service.subscribers.wanted import from_json


@needs(Permission.REQUESTS_SEE)
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Those that wait for staff first, then those that wait for somebody else."""
    waiting = Request.objects.filter(state=RequestState.REVIEW)
    others = Request.objects.filter(state__in=RequestState.open_ones()).exclude(
        state=RequestState.REVIEW
    )
    return render(request, "review/queue.html", {"waiting": waiting, "others": others})


@needs(Permission.REQUESTS_SEE)
@require_GET
def request_page(request: HttpRequest, number: int) -> HttpResponse:
    """One request with its evidence."""
    asked = get_object_or_404(Request, pk=number)
    page = {
        "asked": asked,
        "wanted": from_json(asked.wanted),
        "claims": asked.claims.all(),
        "may_decide": may(request.user, Permission.REQUESTS_DECIDE)
        and asked.state == RequestState.REVIEW,
    }
    return render(request, "review/request.html", page)


@needs(Permission.REQUESTS_DECIDE)
@require_POST
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Approve, ask back, or refuse."""
    asked = get_object_or_404(Request, pk=number)
    words = request.POST.get("words", "")
    reviewer = request.user
    assert isinstance(reviewer, User)  # noqa: S101 - the permission holds for accounts only
    try:
        match request.POST.get("decision"):
            case "approve":
                granted = tuple(int(each) for each in request.POST.getlist("claim"))
                deciding.approve(asked, granted, reviewer, words, clock.now())
            case "ask":
                deciding.ask_back(asked, reviewer, words, clock.now())
            case "refuse":
                deciding.refuse(asked, reviewer, words, clock.now())
            case _:
                messages.error(request, "Nothing was decided.")
    except UsageError as error:
        messages.error(request, error.message())
    return redirect("review_request", number=number)
