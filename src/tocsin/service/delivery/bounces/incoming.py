"""What a mail comes to that brings a message of ours back: it ends taken, ignored or refused.

It is never answered, whatever it is. Only what proves that it is about a message of ours changes
anything: the address that it came to, which nobody can make (see `envelope`), or a Message-ID or
return path of ours in it, which nobody knows who has not got the message.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.service.delivery.bounces.bounce import (
    Action,
    Bounce,
    CameBack,
    Complaint,
    Fate,
    NotReturned,
    Traces,
)
from tocsin.service.delivery.bounces.complaints import take_complaint
from tocsin.service.delivery.bounces.noting import Sent, note_failure
from tocsin.service.delivery.envelope import delivery_of, has_detail
from tocsin.service.delivery.models import Delivery
from tocsin.service.letters.models import Letter
from tocsin.service.mailbox.outcome import Outcome, ignored, refused, taken

_IGNORED = {
    Action.DELAYED: ("returned_delayed", "A warning: it is tried further."),
    Action.RELAYED: ("returned_relayed", "It was handed on."),
    Action.DELIVERED: ("returned_relayed", "It was delivered."),
}


@transaction.atomic
def take_back(recipient: str, found: CameBack, message: int | None, now: dt.datetime) -> Outcome:
    """What becomes of it. recipient: the address of ours that it came to. message: its number."""
    sent = _delivery(delivery_of(recipient))
    if sent is None and has_detail(recipient):
        return refused("no_proof", "No message of ours has that return path.")
    if isinstance(found, NotReturned):
        return ignored(found.reason, found.explanation)
    sent = sent or _traced(found.traces)
    if sent is None:
        return refused("not_ours", "It is about no message of ours.")
    if isinstance(found, Complaint):
        return take_complaint(sent, found.kind, message, now)
    return _take_bounce(sent, found, message, now)


def _take_bounce(sent: Sent, bounce: Bounce, message: int | None, now: dt.datetime) -> Outcome:
    theirs = [each for each in bounce.fates if _is_of(each, sent.address)]
    if not theirs:
        return ignored("returned_behind", f"Somebody behind {sent.address} did not get it.")
    fate = min(theirs, key=lambda each: list(Action).index(each.action))
    if fate.action is not Action.FAILED:
        return ignored(*_IGNORED[fate.action])
    new = note_failure(sent, fate.verdict, now, status=fate.status, said=fate.said, message=message)
    if not new:
        return ignored("returned_again", "That message came back before.")
    why = f"{sent.address}: {fate.verdict.cause.label}."
    return taken("returned", why, organisation=sent.organisation)


def _is_of(fate: Fate, address: str) -> bool:
    """Whether it speaks of the address that we had sent to; not of somebody behind it.

    One member of a team who is gone must not make the address of the team dead. Servers rewrite
    domains; a name that they keep is the same one.
    """
    if not fate.recipient or address in (fate.recipient, fate.original):
        return True
    same_name = fate.recipient.rpartition("@")[0] == address.rpartition("@")[0]
    return not fate.original and same_name


def _traced(traces: Traces) -> Sent | None:
    for path in traces.return_paths:
        if (found := _delivery(delivery_of(path))) is not None:
            return found
    known = [each.lower() for each in traces.message_ids]
    rows = Delivery.objects.select_related("list__organisation", "recipient", "contact")
    delivery = rows.filter(message_id__in=known).first()
    if delivery is not None:
        return Sent.of_delivery(delivery)
    letter = Letter.objects.filter(message_id__in=known).first()
    return Sent.of_letter(letter) if letter is not None else None


def _delivery(number: int | None) -> Sent | None:
    if number is None:
        return None
    rows = Delivery.objects.select_related("list__organisation", "recipient", "contact")
    found = rows.filter(pk=number).first()
    return Sent.of_delivery(found) if found is not None else None
