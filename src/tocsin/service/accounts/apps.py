"""The app `accounts`."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Its label; it hears of sign-ins and second factors."""

    name = "tocsin.service.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Called by Django when all apps are loaded."""
        from allauth.mfa.signals import (  # noqa: PLC0415 - needs all models
            authenticator_added,
            authenticator_removed,
        )
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415 - the same

        from tocsin.service.accounts import second_factor, sessions  # noqa: PLC0415 - the same

        user_logged_in.connect(sessions.begin)
        authenticator_added.connect(second_factor.added)
        authenticator_removed.connect(second_factor.removed)
