"""Looking over a night before anything of it is sent; then it is planned, list by list."""

from __future__ import annotations

import datetime as dt

from tocsin.service.delivery.models import Night, NightState, Outcome, Report
from tocsin.service.delivery.planning import PLAN
from tocsin.service.work.queue import enqueue
from tocsin.service.work.worker import Payload, inner_only

CHECK = "check_night"

_LISTS_AT_ONCE = 200


def check(payload: Payload, now: dt.datetime) -> None:
    """Let what waits be planned. In the caller's transaction."""
    night = Night.objects.select_for_update().get(pk=payload["night"])
    if night.state != NightState.TAKEN:
        return
    night.state = NightState.CHECKED
    night.save(update_fields=["state"])
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


CHECKING = inner_only(check)
