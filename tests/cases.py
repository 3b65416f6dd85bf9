"""How many cases a property test makes that says so itself."""

from __future__ import annotations

from hypothesis import settings

_USUAL = 30
"""In the profile that makes so many, a test makes as many as it says."""


def cases(usual: int) -> int:
    """So many, or fewer or more as the profile of all tests has it (see `conftest.py`)."""
    return max(3, round(usual * settings().max_examples / _USUAL))
