"""Letters that answer mail. Each has a limit: whoever writes to us may be a machine, or forged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db.models import Q

from tocsin.service import installation
from tocsin.service.letters.models import Letter
from tocsin.service.letters.staff import write_to_staff
from tocsin.service.letters.write import write
from tocsin.service.mailbox.models import IncomingMessage
from tocsin.service.texts import harmless

_DAY = dt.timedelta(days=1)
_COUNTED = dt.timedelta(days=30)
"""How old a message may be that letters answer which are counted."""


def may_write_to(message: IncomingMessage, now: dt.datetime) -> bool:
    """Whether who wrote a message may get one more letter that their own mail brings about.

    Letters that answer mail for whose domain somebody vouches are counted by themselves: whoever
    forges an address keeps its owner from nothing.
    """
    address = message.from_address
    sent = Letter.objects.filter(recipient=address, written_at__gt=now - _DAY)
    vouched_for = (
        IncomingMessage.objects.filter(from_address=address, aligned=True)
        .filter(received_at__gt=now - _COUNTED)
        .exclude(message_id="")
    )
    answering = Q(answers__in=vouched_for.values("message_id"))
    # The message itself is not saved yet while it is being read.
    if message.aligned and message.message_id:
        answering |= Q(answers=message.message_id)
    most = installation.configuration().mailbox.most_letters_per_day
    return sent.filter(answering if message.aligned else ~answering).count() < most


def once_a_day(
    text: str, message: IncomingMessage, context: Mapping[str, object], now: dt.datetime
) -> None:
    """Answer with that letter, unless the sender got it today, or gets too many."""
    key = f"{text} {message.from_address} {now.date().isoformat()}"
    _answer(text, key, message, context, now)


def once(
    text: str,
    about: str,
    message: IncomingMessage,
    context: Mapping[str, object],
    now: dt.datetime,
    request: int | None = None,
) -> None:
    """Answer with that letter, once about that."""
    _answer(text, f"{text} {about}", message, context, now, request)


def tell_staff(
    message: IncomingMessage,
    words: str,
    now: dt.datetime,
    request: int | None = None,
    key: str = "",
) -> None:
    """Pass on to the staff's mailbox, if there is one, what is for people to read.

    key: what it is about, if a message is passed on more than once.
    """
    context = {
        "number": request,
        "sender": message.from_address,
        "aligned": message.aligned,
        "wrote_to": message.recipient,
        "about": message.subject,
        "words": harmless(words, 5000, lines=True),
    }
    write_to_staff("mail_for_staff", f"mail_for_staff {message.pk} {key}".strip(), context, now)


def _answer(
    text: str,
    key: str,
    message: IncomingMessage,
    context: Mapping[str, object],
    now: dt.datetime,
    request: int | None = None,
) -> None:
    if may_write_to(message, now):
        filled = {"wrote_to": message.recipient, **context}
        answers = message.message_id
        write(text, message.from_address, key, filled, now, request=request, answers=answers)
