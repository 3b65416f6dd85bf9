"""The one place of the service where the clock is read; deciders are given what it shows."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone


def now() -> dt.datetime:
    """The time, aware, UTC."""
    return timezone.now()
