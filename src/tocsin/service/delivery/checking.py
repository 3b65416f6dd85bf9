"""Looking over a night before anything of it is sent; then it is planned, list by list.

What the night brake holds stays held until staff have decided; the rest does not wait for it. A day
that was made anew is looked over as well, since links and the API show the newest revision.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Count

from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.delivery.brake.history import keep_figures
from tocsin.service.delivery.brake.holding import hold_parts
from tocsin.service.delivery.brake.looking import Looked, look_over
from tocsin.service.delivery.brake.telling import tell_of
from tocsin.service.delivery.models import Night, NightState, Outcome, Report
from tocsin.service.delivery.planning import PLAN
from tocsin.service.delivery.revisions import put_by
from tocsin.service.work.queue import enqueue
from tocsin.service.work.worker import Payload, Work

CHECK = "check_night"

_LISTS_AT_ONCE = 200
_ACTOR = Actor.system("brake")


def look(payload: Payload) -> Looked | None:
    """What the brake finds; None if there is nothing to look over (any more)."""
    night = Night.objects.filter(pk=payload["night"], looked_at=None).first()
    return look_over(night) if night is not None else None


def check(payload: Payload, looked: Looked | None, now: dt.datetime) -> None:
    """Hold what was found, and let the rest be planned. In the caller's transaction."""
    night = Night.objects.select_for_update().get(pk=payload["night"])
    if night.looked_at is not None or looked is None:
        return
    keep_figures(night, looked.figures)
    tell_of(hold_parts(night, looked, now), str(night), now)
    put_by(night)
    night.looked_at = now
    if night.state == NightState.TAKEN:
        night.state = NightState.CHECKED
    night.save(update_fields=["state", "looked_at"])
    counts = Report.objects.filter(night=night).order_by().values_list("outcome")
    after = {"holds": len(looked.found), **dict(counts.annotate(count=Count("pk")))}
    record(_ACTOR, "night.checked", Subject("night", str(night.pk), str(night)), now, after=after)
    plan_what_waits(night, now)


def plan_what_waits(night: Night, now: dt.datetime, turn: str = "") -> None:
    """Ask for the plan of each list of which a report waits; `turn` tells one asking from another.

    In the caller's transaction.
    """
    waiting = Report.objects.filter(night=night, outcome=Outcome.WAITING)
    lists = sorted(set(waiting.values_list("list", flat=True)))
    for begin in range(0, len(lists), _LISTS_AT_ONCE):
        some = lists[begin : begin + _LISTS_AT_ONCE]
        enqueue(PLAN, f"{night} {turn}{begin}", {"night": night.pk, "lists": some}, now)


CHECKING = Work(look, check)
