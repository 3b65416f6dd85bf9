"""Switching a source's filters off for one call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from tocsin.catalogue.entries import Source
from tocsin.model.errors import UsageError

SWITCHES = ("reserved", "allow_list", "impossible", "max_age")
"""Filters that a call may go without. Times in the future are never taken as they are."""

_FOR_EVER = dt.timedelta(days=365 * 200)


def without_filters(source: Source, switched_off: Sequence[str]) -> Source:
    """The source as it is, less the named filters; UsageError for one that there is not."""
    strangers = [name for name in switched_off if name not in SWITCHES]
    if strangers:
        raise UsageError(
            f"there is no filter {strangers[0]!r}", todo=f"filters are {', '.join(SWITCHES)}"
        )
    off = set(switched_off)
    filters = replace(
        source.filters,
        reserved=source.filters.reserved and "reserved" not in off,
        allow_list=source.filters.allow_list and "allow_list" not in off,
        impossible=source.filters.impossible and "impossible" not in off,
    )
    max_age = _FOR_EVER if "max_age" in off else source.max_age
    return replace(source, filters=filters, max_age=max_age)
