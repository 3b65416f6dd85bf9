"""What is done once a day by itself: one task a day of each kind, whoever notices first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from tocsin.service.work.models import Task
from tocsin.service.work.queue import enqueue


def enqueue_daily(daily: Mapping[str, dt.time], now: dt.datetime) -> None:
    """Ask for today's work of each kind, from its time (UTC) on; again does nothing.

    Workers call it every few seconds: one statement tells that nothing is to be asked for.
    """
    day = now.date().isoformat()
    moments = {kind: dt.datetime.combine(now.date(), at, dt.UTC) for kind, at in daily.items()}
    due = {kind: moment for kind, moment in moments.items() if moment <= now}
    asked = set(Task.objects.filter(kind__in=due, key=day).values_list("kind", flat=True))
    for kind, moment in due.items():
        if kind not in asked:
            enqueue(kind, day, {"day": day}, now, moment)
