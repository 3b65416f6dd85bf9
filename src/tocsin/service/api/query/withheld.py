"""Rows of nights that are shown to nobody any more, though whole reports are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tocsin.engine.search.values import Without
from tocsin.service.delivery.models import Night


def withheld(nights: Iterable[Night]) -> Mapping[int, Without]:
    """By key of the night: what staff dropped of it, and what was recalled. Nothing yet."""
    return {each.pk: Without() for each in nights}
