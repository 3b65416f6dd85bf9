"""Asking for reports: the form, and following what becomes of it."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from tocsin.service import clock
from tocsin.service.permissions import Permission, needs
from tocsin.service.portal.ask_form import AskForm
from tocsin.service.portal.followed import follows
from tocsin.service.portal.typed import whole_number
from tocsin.service.subscribers.models import Claim, Request, RequestChannel
from tocsin.service.subscribers.requests.asking import Arrival, open_request
from tocsin.service.verification.claims import may_have_new_code, new_code, try_code


@needs(Permission.ANYONE)
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form. What is sent is confirmed by mail before anything comes of it."""
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        arrival = Arrival(RequestChannel.WEB, form.cleaned_data["address"])
        open_request(form.wanted(), arrival, clock.now())
        return redirect("ask_sent")
    return render(request, "ask.html", {"form": form}, status=200 if not form.errors else 422)


@needs(Permission.ANYONE)
@require_GET
def sent(request: HttpRequest) -> HttpResponse:
    """What happens next."""
    return render(request, "ask_sent.html")


@needs(Permission.LINK_HOLDER)
@require_http_methods(["GET", "POST"])
def followed(request: HttpRequest, number: int) -> HttpResponse:
    """One's own request: where it stands, and the place to type a code in.

    It opens in the browser session that confirmed the request, and in no other.
    """
    if not follows(request, number):
        raise Http404
    asked = get_object_or_404(Request, pk=number)
    wrong = False
    if request.method == "POST":
        claim = get_object_or_404(Claim, pk=whole_number(request.POST.get("claim")), request=asked)
        wrong = not _act(request, claim)
        if not wrong:
            return redirect("request", number=number)
    claims = list(asked.claims.select_related("request"))
    for claim in claims:
        claim.may_have_new_code = may_have_new_code(claim)  # type: ignore[attr-defined] # shown
    page = {"asked": asked, "claims": claims, "wrong": wrong}
    return render(request, "request.html", page, status=422 if wrong else 200)


@transaction.atomic
def _act(request: HttpRequest, claim: Claim) -> bool:
    """Take a code, or mail new ones; False if that was not to be."""
    if request.POST.get("act") == "new_code":
        return new_code(claim, clock.now())
    return try_code(claim, request.POST.get("code", ""), clock.now())
