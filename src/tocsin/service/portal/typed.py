"""What a form or an address says, as a value."""

from __future__ import annotations

_MOST_DIGITS = 18
"""Every such number can be the key of a row in every database."""


def whole_number(said: str | None) -> int:
    """The number that is said; 0, which is the key of nothing, where none is."""
    text = said or ""
    valid = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if valid else 0
