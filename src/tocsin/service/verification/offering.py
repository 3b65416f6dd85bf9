"""When a claim may be proven in other ways than by a mailed code, and looking for such a proof."""

from __future__ import annotations

import datetime as dt

from tocsin.service import installation
from tocsin.service.subscribers.models import Claim, ClaimState, Request, RequestState
from tocsin.service.subscribers.values import NetworkKind
from tocsin.service.work.queue import enqueue

CHECK_PROOFS = "check_proofs"
TELL_WAYS = "tell_ways_of_proof"
"""Kinds of work; `other_proofs.py` does them."""

CHECKED_EVERY = dt.timedelta(hours=6)


def offered(claim: Claim, now: dt.datetime) -> bool:
    """Whether a proof that nobody was mailed for may still come: until staff have decided."""
    if claim.kind == NetworkKind.COUNTRY or claim.request.confirmed_at is None:
        return False
    days = dt.timedelta(days=installation.configuration().proof.code_days)
    return (
        claim.state in (ClaimState.ASKED, ClaimState.STAFF)
        and claim.request.state in (RequestState.PROVING, RequestState.REVIEW)
        and now < claim.request.confirmed_at + days
    )


def offer_other_proofs(claim: Claim, now: dt.datetime) -> None:
    """Let the person know of other ways, once all networks are looked up, and look for those."""
    if claim.kind == NetworkKind.COUNTRY:
        return
    check_again(claim, 1, now, now + CHECKED_EVERY)
    not_looked_up = claim.request.claims.filter(state__in=(ClaimState.NEW, ClaimState.PENDING))
    if not not_looked_up.exists():
        request = claim.request
        enqueue(TELL_WAYS, f"{request.pk}.{request.round}", {"request": request.pk}, now)


def offer_once_more(request: Request, now: dt.datetime) -> None:
    """The person has answered what staff asked: what was written meanwhile is looked for again.

    Nothing is looked for while a request waits for its person.
    """
    for claim in request.claims.filter(state__in=(ClaimState.ASKED, ClaimState.STAFF)):
        claim.request = request
        if offered(claim, now):
            check_again(claim, 1, now, now)


def check_again(claim: Claim, number: int, now: dt.datetime, due: dt.datetime) -> None:
    """Look for the proof for that time since the request was last confirmed.

    Where there is no place to write it to nothing is looked for.
    """
    if claim.kind == NetworkKind.ASN and not claim.facts.get("handle"):
        return
    turn = claim.request.round
    payload = {"claim": claim.pk, "number": number, "round": turn}
    enqueue(CHECK_PROOFS, f"{claim.pk}.{turn} {number}", payload, now, due)


def is_of_now(claim: Claim, turn: int | None) -> bool:
    """Whether looking goes on: of a request that was asked back about, it has begun anew."""
    return turn is None or turn == claim.request.round
