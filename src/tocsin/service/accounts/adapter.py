"""What we let the library for accounts do."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):  # type: ignore[misc] # the library is untyped
    """Nobody makes an account alone: it comes with being a contact, or from the operator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Codes to sign in go out at once and are stored nowhere; nothing goes to strangers."""
        if "unknown_account" in template_prefix:
            return
        super().send_mail(template_prefix, email, context)
