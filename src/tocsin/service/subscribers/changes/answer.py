"""What is wanted after an answer to what was asked back about a change: pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tocsin.service.subscribers.changes.value import WantedChange

_TOGETHER = (
    ("add", "remove", "total"),
    ("add_recipients", "remove_recipients"),
    ("add_contacts", "remove_contacts"),
    ("preferences",),
    ("lists",),
    ("note",),
)
"""Who says one of them anew says all of them anew: "only add AS64500" takes a removal back."""


def with_answer(change: WantedChange, later: WantedChange) -> WantedChange:
    """What was said last counts; what was not said stays. What was unclear is no more."""
    said: dict[str, Any] = {"unclear": later.unclear}
    for names in _TOGETHER:
        if any(_is_said(getattr(later, name)) for name in names):
            said |= {name: getattr(later, name) for name in names}
    return replace(change, **said)


def says_nothing(change: WantedChange) -> bool:
    """Whether there is nothing in it but words that were not understood."""
    return not any(_is_said(getattr(change, name)) for names in _TOGETHER for name in names)


def _is_said(value: object) -> bool:
    return value is not None and value not in ((), {}, "")
