"""Staff without a second factor see one page: the one where they set it up."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tocsin.service.accounts.models import User

_OPEN = ("/accounts/", "/static/")


class SecondFactorMiddleware:
    """Sends staff to set up a second factor before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """See the class."""
        user = request.user
        if (
            isinstance(user, User)
            and user.is_of_staff
            and not request.path.startswith(_OPEN)
            and not is_mfa_enabled(user)
        ):
            return redirect(reverse("mfa_index"))
        return self._get_response(request)
