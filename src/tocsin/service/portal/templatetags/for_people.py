"""Stored values in templates, as people read them."""

from __future__ import annotations

from django import template

from tocsin.service.portal import for_people

register = template.Library()


@register.filter
def minute(said: str) -> str:
    """A time in ISO 8601 as day and minute (UTC)."""
    return for_people.minute(said)


@register.filter
def changes(before: object, after: object) -> list[tuple[str, str, str]]:
    """Of an audit line: name, before, after."""
    return for_people.changes_of(before, after)
