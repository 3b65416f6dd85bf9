"""A question that cannot be answered as it was put."""

from __future__ import annotations

from tocsin.model.errors import UsageError

NOT_OWN = "No supported report filters found"
"""What clients know by these words."""


class QueryRefused(UsageError):
    """What is wrong with it, for whoever asked: the text says no more than they know."""
