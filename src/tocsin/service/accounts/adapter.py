"""What we let the library for accounts do."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context as library
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tocsin.service import clock, installation
from tocsin.service.accounts.models import User
from tocsin.service.accounts.second_factor import has_second_factor
from tocsin.service.accounts.sign_in import may_sign_in
from tocsin.service.delivery.outgoing import hand_over_in_any_case

_RECENT = 300.0
"""Seconds for which a code that was just mailed need not be mailed once more."""


class Adapter(DefaultAccountAdapter):  # type: ignore[misc] # the library is untyped
    """Nobody makes an account alone: it comes with being a contact, or from the operator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Nobody who is neither staff nor contact gets in, by whatever way."""
        if not may_sign_in(user):
            return redirect("account_inactive")
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Codes to sign in go out at once and are no letters; nothing goes to strangers.

        They are signed as all mail is, and never encrypted: who has lost the OpenPGP key could not
        sign in to say so. Who reads the mailbox is kept out by the second factor.
        """
        if "unknown_account" in template_prefix:
            return
        ours = {"service": installation.configuration().service.name}
        named = {"request": library.request, "email": email, **context, **ours}
        hand_over_in_any_case(self.render_mail(template_prefix, email, named), clock.now())

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Who has a second factor shows that one; the mailbox alone does not do then."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        strong = [each for each in methods if each["id"].startswith("mfa_")]
        return strong or methods

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of somebody who has signed in by code a moment ago and has no second factor yet."""
        request = library.request
        user = request.user if request is not None else None
        if isinstance(user, User) and not has_second_factor(user):
            records = get_authentication_records(request, user)
            times = [each["at"] for each in records if each["method"] == "code"]
            if times and time.time() - times[-1] < _RECENT:
                return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))
