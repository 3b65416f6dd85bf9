"""Changes that nobody answers or confirms are dropped after a month; daily work.

A link in an old letter is not to change a feed when nobody remembers what it was about.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import Request, RequestKind, RequestState
from tocsin.service.work.worker import Payload, inner_only

DROP = "drop_old_drafts"
KEPT = dt.timedelta(days=30)

_WAITING = (RequestState.ASKED, RequestState.UNCONFIRMED)


def _drop(payload: Payload, now: dt.datetime) -> None:  # noqa: ARG001 - the day does not matter
    old = Request.objects.filter(
        kind=RequestKind.CHANGE, state__in=_WAITING, made_at__lte=now - KEPT
    )
    for number in old.order_by("pk").values_list("pk", flat=True):
        drop_one(number, now)


@transaction.atomic
def drop_one(number: int, now: dt.datetime) -> None:
    """Drop a request that still waits; its links become void."""
    request = Request.objects.select_for_update().get(pk=number)
    if request.state not in _WAITING:
        return
    before = {"state": request.state}
    request.state = RequestState.WITHDRAWN
    request.decision = f"Nobody answered or confirmed it within {KEPT.days} days."
    request.decided_at = now
    request.round += 1
    request.save(update_fields=["state", "decision", "decided_at", "round"])
    record(
        Actor.system("changes"),
        "request.withdrawn",
        Subject("request", str(request.pk), request.organisation_name),
        now,
        request=request.pk,
        organisation=request.organisation_id,
        before=before,
        after={"state": request.state, "reason": request.decision},
    )


DROPPING = inner_only(_drop)
