"""The form by which one asks for a code to sign in."""

from __future__ import annotations

from allauth.account.forms import RequestLoginCodeForm

from tocsin.service import clock
from tocsin.service.accounts.sign_in import account_of


class SignInForm(RequestLoginCodeForm):  # type: ignore[misc] # the library is untyped
    """It answers the same to everybody; only those who may sign in are sent a code."""

    def clean_email(self) -> str:
        """The address, in the form in which it is stored."""
        found = account_of(self.cleaned_data["email"], clock.now())
        address: str = super().clean_email()
        self._user = found
        return address
