"""Requests in which nothing is left to look at."""

from __future__ import annotations

import datetime as dt

from tocsin.service.subscribers.models import Claim, ClaimState, Request, RequestState
from tocsin.service.subscribers.requests.evidence import cards, is_green
from tocsin.service.subscribers.requests.two_persons import needs_two

_MOST = 200
"""So many of the oldest are looked at; the rest have their turn when these are done."""


def green_requests(now: dt.datetime) -> list[Request]:
    """Of those that wait for staff: all claims proven, every card green, one person enough."""
    waiting = Request.objects.filter(state=RequestState.REVIEW).order_by("reviewed_from", "id")
    return [each for each in waiting.prefetch_related("claims")[:_MOST] if _is_clear(each, now)]


def _is_clear(request: Request, now: dt.datetime) -> bool:
    claims: list[Claim] = list(request.claims.all())
    proven = bool(claims) and all(each.state == ClaimState.PROVEN for each in claims)
    return proven and not needs_two(request, claims, now) and is_green(cards(request))
