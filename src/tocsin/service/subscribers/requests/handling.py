"""How long requests wait for staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from statistics import median

from tocsin.service.subscribers.models import Request, RequestState

SPAN = dt.timedelta(days=90)
"""Over how long the median is taken."""


def median_wait(spans: Iterable[tuple[dt.datetime, dt.datetime]]) -> dt.timedelta | None:
    """The median of (from, to); None if there is none."""
    seconds = [(end - begin).total_seconds() for begin, end in spans]
    return dt.timedelta(seconds=median(seconds)) if seconds else None


def handling_time(now: dt.datetime) -> dt.timedelta | None:
    """From coming to staff to their decision, of what was decided lately: the median."""
    decided = Request.objects.filter(
        state__in=(RequestState.APPROVED, RequestState.REFUSED),
        decided_at__gte=now - SPAN,
        reviewed_from__isnull=False,
    )
    spans = decided.values_list("reviewed_from", "decided_at")
    return median_wait((begin, end) for begin, end in spans if begin and end)
