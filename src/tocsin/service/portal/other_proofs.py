"""Proving a network oneself: the button that looks at once, and the way through PeeringDB.

The way back from PeeringDB is a GET, as OAuth has it, and changes nothing: its page has a button.
"""

from __future__ import annotations

import secrets

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from tocsin.model.errors import TocsinError
from tocsin.service import clock, installation
from tocsin.service.outside import outside
from tocsin.service.permissions import Permission, needs
from tocsin.service.portal.followed import follows
from tocsin.service.subscribers.models import Claim
from tocsin.service.verification.other_proofs import check_now, prove_by_peeringdb, ways_of
from tocsin.service.verification.sign_in import SignedIn

_KEY = "peeringdb"
_LONGEST = 2000


@needs(Permission.LINK_HOLDER)
@require_POST
def check(request: HttpRequest, number: int, claim: int) -> HttpResponse:
    """Look for the text at once."""
    if check_now(_followed(request, number, claim), clock.now()):
        messages.success(request, "We are looking. Load this page again in a minute.")
    return redirect("request", number=number)


@needs(Permission.LINK_HOLDER)
@require_POST
def to_peeringdb(request: HttpRequest, number: int, claim: int) -> HttpResponse:
    """Begin to sign in. What comes back is taken from this browser session only, and once.

    The page has a link and does not redirect: forms of ours lead to us alone.
    """
    found = _followed(request, number, claim)
    ways = ways_of(found, clock.now())
    if ways is None or not ways.peeringdb:
        raise Http404
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    request.session[_KEY] = {
        "state": state,
        "verifier": verifier,
        "claim": found.pk,
        "request": number,
    }
    where = outside().sign_in().sign_in_address(state, verifier, _back())
    page = {"claim": found, "where": where}
    return render(request, "peeringdb/begin.html", page)


@needs(Permission.LINK_HOLDER)
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """PeeringDB sent the browser back: ask whether to go on."""
    begun = request.session.get(_KEY)
    state, code = request.GET.get("state", ""), request.GET.get("code", "")
    if not begun or not _same(state, begun["state"]) or len(code) > _LONGEST:
        raise Http404
    claim = _followed(request, begun["request"], begun["claim"])
    page = {"claim": claim, "state": state, "code": code, "number": begun["request"]}
    return render(request, "peeringdb/back.html", page)


@needs(Permission.LINK_HOLDER)
@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    """Learn who signed in, and what they may change there."""
    begun = request.session.pop(_KEY, None)
    code = request.POST.get("code", "")
    if not begun or not _same(request.POST.get("state", ""), begun["state"]) or not code:
        raise Http404
    claim = _followed(request, begun["request"], begun["claim"])
    try:
        person = outside().sign_in().signed_in(code[:_LONGEST], begun["verifier"], _back())
    except TocsinError as error:
        messages.error(request, f"PeeringDB did not tell us who signed in. {error.what}.")
        return redirect("request", number=begun["request"])
    _settle(request, claim, person)
    return redirect("request", number=begun["request"])


def _settle(request: HttpRequest, claim: Claim, person: SignedIn) -> None:
    if not person.verified:
        messages.error(request, "PeeringDB has not verified that account yet.")
    elif int(claim.value) not in person.may_update:
        messages.error(request, f"That account may not change the network of {claim} in PeeringDB.")
    else:
        evidence = {
            "account": person.number,
            "name": person.name,
            "address": person.address,
            "asn": int(claim.value),
        }
        if prove_by_peeringdb(claim, evidence, clock.now()):
            messages.success(request, f"{claim} is proven.")
        else:
            messages.error(request, f"No proof of {claim} is awaited any more.")


def _followed(request: HttpRequest, number: int, claim: int) -> Claim:
    """The claim, if this browser session may follow its request; else not found."""
    if not follows(request, number):
        raise Http404
    claims = Claim.objects.select_related("request")
    return get_object_or_404(claims, pk=claim, request=number)


def _same(said: str, state: str) -> bool:
    return secrets.compare_digest(said.encode(), state.encode())


def _back() -> str:
    """The address that PeeringDB sends people back to; it is registered there."""
    return installation.configuration().service.address + reverse("peeringdb_back")
