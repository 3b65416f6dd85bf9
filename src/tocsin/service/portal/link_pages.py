"""The pages behind mailed links: each says what it is about, and has a button that does it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tocsin.service import clock
from tocsin.service.portal.followed import follow
from tocsin.service.subscribers.models import (
    Claim,
    Recipient,
    RecipientState,
    Request,
    RequestState,
)
from tocsin.service.subscribers.recipients import membership
from tocsin.service.subscribers.requests import asking
from tocsin.service.subscribers.wanted import from_json
from tocsin.service.verification import answers
from tocsin.service.verification.claims import is_awaited


def confirm_request(request: HttpRequest, reference: str) -> HttpResponse:
    """The requester confirms, or takes the request back."""
    number, turn = _numbers(reference)
    asked = Request.objects.filter(pk=number).first()
    if asked is None:
        raise Http404
    current = asked.round == turn
    if request.method == "POST" and current:
        if request.POST.get("answer") == "withdraw":
            asking.withdraw_request(asked, clock.now())
            return _over(request, "The request has been withdrawn.")
        both = _BOTH.get(request.POST.get("overlap", ""))
        if both is not None or not _must_choose(asked):
            asking.confirm_request(asked, clock.now(), both=both)
            follow(request, asked.pk)
            return redirect("request", number=asked.pk)
        return _confirm_page(request, asked, current=True, missing=True)
    return _confirm_page(request, asked, current=current)


_BOTH = {"both": True, "asns": False}


def _must_choose(asked: Request) -> bool:
    """Whether it has to be said if prefixes are wanted that AS numbers cover already."""
    wanted = from_json(asked.wanted)
    unconfirmed = asked.state == RequestState.UNCONFIRMED
    return unconfirmed and not wanted.both and bool(asking.overlap_in(wanted).covered)


def _confirm_page(
    request: HttpRequest, asked: Request, *, current: bool, missing: bool = False
) -> HttpResponse:
    wanted = from_json(asked.wanted)
    page = {
        "asked": asked,
        "wanted": wanted,
        "current": current,
        "overlap": asking.overlap_in(wanted),
        "missing": missing,
    }
    status = 422 if missing else 200
    return render(request, "links/confirm_request.html", page, status=status)


def answer_proof(request: HttpRequest, reference: str) -> HttpResponse:
    """A contact of the registry says whether the request is right: Approve, or Not us."""
    key, turn, address = _proof_parts(reference)
    claim = Claim.objects.select_related("request").filter(pk=key).first()
    if claim is None:
        raise Http404
    current = claim.round == turn and is_awaited(claim, clock.now())
    may_object = answers.may_object(claim, turn, clock.now())
    if request.method == "POST":
        answer = request.POST.get("answer")
        if answer == "approve" and answers.approve(claim, turn, address, clock.now()):
            return _over(request, "Thank you. The request has been approved for this network.")
        if answer == "not_us" and answers.not_us(claim, turn, address, clock.now()):
            return _over(request, "Thank you. The request has been stopped for this network.")
    page = {
        "claim": claim,
        "asked": claim.request,
        "wanted": from_json(claim.request.wanted),
        "current": current,
        "may_object": may_object,
        "address": address,
    }
    return render(request, "links/answer_proof.html", page)


def confirm_recipient(request: HttpRequest, reference: str) -> HttpResponse:
    """An address agrees to get the reports of a list."""
    recipient = _recipient(reference)
    if request.method == "POST" and membership.confirm_recipient(recipient, clock.now()):
        return _over(request, "Thank you. Reports come whenever there is something to report.")
    return render(request, "links/confirm_recipient.html", {"recipient": recipient})


def leave(request: HttpRequest, reference: str) -> HttpResponse:
    """An address leaves a list; mail programs send the POST of RFC 8058 to the same address."""
    number, turn = _numbers(reference)
    recipient = Recipient.objects.select_related("list__organisation").filter(pk=number).first()
    if recipient is None:
        raise Http404
    if recipient.state == RecipientState.LEFT and recipient.round == turn + 1:
        return _over(request, "You have left the list. No more reports come to this address.")
    if recipient.round != turn:
        raise Http404
    if request.method == "POST":
        if membership.leave(recipient, clock.now()):
            return _over(request, "You have left the list. No more reports come to this address.")
        if membership.is_last(recipient):
            return _over(
                request,
                "Yours is the last address on this list. We have told the admins of your "
                "organisation that you want to leave; they take it off, or name another.",
            )
        return _over(request, "This address cannot be removed here. Please ask your admin.")
    return render(request, "links/leave.html", {"recipient": recipient})


def _over(request: HttpRequest, words: str) -> HttpResponse:
    return render(request, "links/done.html", {"words": words})


def _recipient(reference: str) -> Recipient:
    number, turn = _numbers(reference)
    found = Recipient.objects.select_related("list__organisation").filter(pk=number).first()
    if found is None or found.round != turn:
        raise Http404
    return found


def _numbers(reference: str) -> tuple[int, int]:
    number, _, turn = reference.partition(".")
    return int(number), int(turn)


def _proof_parts(reference: str) -> tuple[int, int, str]:
    number, turn, address = reference.split(".", 2)
    return int(number), int(turn), address
