"""Sessions end: after half a day, and at once when the account is good for nothing any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse

from tocsin.service import clock
from tocsin.service.accounts.models import User
from tocsin.service.accounts.sign_in import may_sign_in, signed_in
from tocsin.service.work.worker import Payload, inner_only

LONGEST = dt.timedelta(hours=12)
"""How long one stays signed in, whatever one does meanwhile."""

CLEAR = "clear_sessions"

_KEY = "signed_in_at"


class SessionsMiddleware:
    """Signs out whoever is signed in too long, or is neither contact nor staff any more."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """See the class."""
        user = request.user
        if isinstance(user, User) and not (_is_recent(request) and may_sign_in(user)):
            logout(request)
        return self._get_response(request)


def begin(sender: object, request: HttpRequest, user: User, **_: Any) -> None:  # noqa: ARG001
    """Called by Django when somebody has signed in."""
    now = clock.now()
    request.session[_KEY] = now.timestamp()
    signed_in(user, now)


def _is_recent(request: HttpRequest) -> bool:
    since = request.session.get(_KEY)
    return isinstance(since, float) and clock.now().timestamp() - since < LONGEST.total_seconds()


def _clear(payload: Payload, now: dt.datetime) -> None:  # noqa: ARG001
    Session.objects.filter(expire_date__lt=now).delete()


CLEARING = inner_only(_clear)
