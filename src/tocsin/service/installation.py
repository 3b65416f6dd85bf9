"""The installation that this process serves: its home, its configuration, its secret."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from django.conf import settings

from tocsin.configuration.load import Configuration
from tocsin.engine.home import Home
from tocsin.service.secret import Secret


def home() -> Home:
    """Its home."""
    return cast(Home, getattr(settings, "TOCSIN_HOME"))  # noqa: B009 - not one of Django's own


def configuration() -> Configuration:
    """The operator's settings."""
    return cast(Configuration, getattr(settings, "TOCSIN_CONFIGURATION"))  # noqa: B009


def secret() -> Secret:
    """What links and codes are derived from."""
    return cast(Secret, getattr(settings, "TOCSIN_SECRET"))  # noqa: B009


def unsent_mail() -> Path:
    """Where letters lie while no mail server is named."""
    return home().service / "mail-not-sent"
