"""What is done once a day by itself: one task a day of each kind, whoever notices first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from tocsin.service.work.queue import enqueue


def enqueue_daily(daily: Mapping[str, dt.time], now: dt.datetime) -> None:
    """Ask for today's work of each kind, from its time (UTC) on; again does nothing."""
    for kind, time in daily.items():
        due = dt.datetime.combine(now.date(), time, dt.UTC)
        if due <= now:
            day = now.date().isoformat()
            enqueue(kind, day, {"day": day}, now, due)
