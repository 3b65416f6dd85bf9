"""Staff get nowhere without a second factor, used in this very session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tocsin.service import clock
from tocsin.service.accounts.models import User
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor, Subject, record

_OPEN = ("/accounts/", "/static/")
_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class SecondFactorMiddleware:
    """Sends staff to set up a second factor, or to use the one they have, before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """See the class."""
        user = request.user
        if isinstance(user, User) and user.is_of_staff and not request.path.startswith(_OPEN):
            if not has_second_factor(user):
                messages.warning(request, "Staff need a second factor. Please set one up here.")
                return redirect(reverse("mfa_index"))
            if not used_second_factor(request, user):
                return redirect(_where_to_use_it(request, user))
        return self._get_response(request)


def has_second_factor(user: User) -> bool:
    """Whether one is set up; recovery codes alone are none."""
    return bool(is_mfa_enabled(user, list(_FACTORS)))


def used_second_factor(request: HttpRequest, user: User) -> bool:
    """Whether this session has seen it: a code of the app, a key, a passkey, a recovery code."""
    return any(each.get("method") == "mfa" for each in get_authentication_records(request, user))


def _where_to_use_it(request: HttpRequest, user: User) -> str:
    methods = get_adapter(request).get_reauthentication_methods(user)
    target = request.get_full_path() if request.method == "GET" else reverse("home")
    return f"{methods[0]['url']}?{urlencode({'next': target})}"


def added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Called by the library: who has just set a factor up has it at hand."""
    if authenticator.type in _FACTORS:
        record_authentication(
            request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True
        )
    _note(user, "second_factor.added", authenticator)


def removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:  # noqa: ARG001
    """Called by the library."""
    _note(user, "second_factor.removed", authenticator)


def _note(user: User, verb: str, authenticator: Authenticator) -> None:
    kind = ActorKind.STAFF if user.is_of_staff else ActorKind.PERSON
    record(
        Actor(kind, user.email),
        verb,
        Subject("user", str(user.pk), user.email),
        clock.now(),
        after={"type": str(authenticator.type)},
    )
