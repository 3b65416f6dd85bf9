"""Which requests a browser session may follow: those that it confirmed."""

from __future__ import annotations

from django.http import HttpRequest

_KEY = "requests"
_MOST = 20


def follow(request: HttpRequest, number: int) -> None:
    """Let the session follow a request; its id changes, so that earlier ones are worth nothing."""
    request.session.cycle_key()
    numbers = [each for each in request.session.get(_KEY, []) if each != number]
    request.session[_KEY] = [*numbers, number][-_MOST:]


def follows(request: HttpRequest, number: int) -> bool:
    """Whether the session may."""
    return number in request.session.get(_KEY, [])
