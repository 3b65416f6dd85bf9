"""What our mail server was told at once, or has told us: refusals count as what comes back does."""

from __future__ import annotations

import datetime as dt
import re

from tocsin.service.delivery.bounces.noting import Sent, judge_failing, note_failure
from tocsin.service.delivery.bounces.phrases import verdict_of_reply
from tocsin.service.delivery.models import Delivery, DeliveryState, Returned
from tocsin.service.letters.models import Letter, LetterState
from tocsin.service.work.worker import Payload, inner_only

LOOK_AT = "look_at_addresses"
DAILY_AT = dt.time(0, 20)

_RECENT = dt.timedelta(days=4)
_AT_ONCE = 500
_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_A_REPLY = r"^[45][0-9][0-9][ -]"
"""Without one nobody has answered: that is no fault of the address."""


def notice_refusals(now: dt.datetime) -> int:
    """Note what was refused for good and not noted yet; how many. Again does nothing."""
    return _deliveries(now) + _letters(now)


def note_files_refused(delivery: Delivery, reply: str, now: dt.datetime) -> bool:
    """Note that a message goes without its files, since a gateway has refused them."""
    return _note(Sent.of_delivery(delivery), reply, now)


def _deliveries(now: dt.datetime) -> int:
    failed = Delivery.objects.filter(
        state=DeliveryState.FAILED,
        ended_at__gte=now - _RECENT,
        reply__regex=_A_REPLY,
        returned__isnull=True,
    )
    rows = failed.select_related("recipient", "list").order_by("pk")[:_AT_ONCE]
    return sum(_note(Sent.of_delivery(each), each.reply, now) for each in rows)


def _letters(now: dt.datetime) -> int:
    refused = Letter.objects.filter(
        state=LetterState.REFUSED, written_at__gte=now - _RECENT, refusal__regex=_A_REPLY
    )
    noted = Returned.objects.filter(letter__isnull=False).values("letter")
    rows = refused.exclude(pk__in=noted).order_by("pk")[:_AT_ONCE]
    return sum(_note(Sent.of_letter(each), each.refusal, now) for each in rows)


def _note(sent: Sent, reply: str, now: dt.datetime) -> bool:
    found = _STATUS.search(reply)
    status = found[0] if found else ""
    return note_failure(sent, verdict_of_reply(reply), now, status=status, said=reply)


def _look_at(_: Payload, now: dt.datetime) -> None:
    notice_refusals(now)
    judge_failing(now)


LOOKING_AT = inner_only(_look_at)
