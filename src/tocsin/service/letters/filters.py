"""What the texts of letters need to be filled."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils.dateformat import format as formatted

register = template.Library()

_DAY = len("2026-11-30")


@register.filter
def day(moment: str, form: str) -> str:
    """A moment as letters keep it (`2026-11-30`, `2026-11-30 09:00 UTC`), its day in that form."""
    return f"{formatted(dt.date.fromisoformat(moment[:_DAY]), form)}{moment[_DAY:]}"
