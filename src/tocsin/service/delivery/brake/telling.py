"""Telling staff by letter what is held: once when it is, and every day while something waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tocsin.service import installation
from tocsin.service.delivery.brake.naming import names_of
from tocsin.service.delivery.models import Hold, HoldState
from tocsin.service.letters.write import write
from tocsin.service.texts import harmless
from tocsin.service.work.worker import Payload, inner_only

REMIND = "brake_waits"
DAILY_AT = dt.time(12, 0)

_MOST = 30


def tell_of(holds: Sequence[Hold], key: str, now: dt.datetime) -> None:
    """Write to staff of these holds, if there are any and staff have an address."""
    staff = installation.configuration().mail.staff
    if not staff or not holds:
        return
    told = holds[:_MOST]
    names = names_of(told)
    lines = [
        {
            "what": harmless(f"{each.kind} {names[each.pk]}", 120),
            "day": each.night.day.isoformat(),
            "why": each.get_why_display(),
            "rows": each.rows,
            "reports": each.in_reports,
            "median": "none" if each.median_rows is None else f"{each.median_rows:g} a night",
        }
        for each in told
    ]
    context = {"holds": lines, "count": len(holds), "more": len(holds) - len(lines)}
    write("brake_held", staff, f"brake {key}", context, now)


def remind(payload: Payload, now: dt.datetime) -> None:
    """Tell of all that waits. In the caller's transaction."""
    waiting = Hold.objects.filter(state=HoldState.HELD).select_related("night")
    tell_of(list(waiting), f"waits {payload['day']}", now)


REMINDING = inner_only(remind)
