"""What is done for recipients every day: those whose time has come, those who never answered."""

from __future__ import annotations

import datetime as dt

from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import Recipient, RecipientState
from tocsin.service.subscribers.recipients.membership import UNCONFIRMED_FOR
from tocsin.service.work.worker import Payload, inner_only

LOOK_AFTER = "recipients"
DAILY_AT = dt.time(0, 15)

_ACTOR = Actor.system("recipients")


def look_after(payload: Payload, now: dt.datetime) -> None:  # noqa: ARG001 - the same every day
    """Show those as active whose time has come, and forget questions that were not answered."""
    every = Recipient.objects.select_for_update().order_by("pk")
    for each in every.filter(state=RecipientState.WAITING, active_from__lte=now):
        _to(each, RecipientState.ACTIVE, now)
    forgotten = now - UNCONFIRMED_FOR
    for each in every.filter(state=RecipientState.UNCONFIRMED, since__lte=forgotten):
        each.round += 1
        _to(each, RecipientState.REMOVED, now)


def _to(recipient: Recipient, state: RecipientState, now: dt.datetime) -> None:
    before = recipient.state
    recipient.state = state
    recipient.save(update_fields=["state", "round"])
    record(
        _ACTOR,
        f"recipient.{state}",
        Subject("recipient", str(recipient.pk), str(recipient)),
        now,
        organisation=recipient.list.organisation_id,
        before={"state": before},
        after={"state": state},
    )


LOOKING_AFTER = inner_only(look_after)
