"""Letters to the address of the staff: so many of a kind in a day, then one that counts the rest.

Most of them are brought about by others. Of each kind by itself: whoever has staff flooded with
mail hides no objection of a contact among it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db.models import Count

from tocsin.service import installation
from tocsin.service.letters.models import Letter, LetterState
from tocsin.service.letters.write import write
from tocsin.service.work.queue import enqueue
from tocsin.service.work.worker import Payload, inner_only

TELL_REST = "tell_staff_rest"
_REST = "staff_rest"


def write_to_staff(text: str, key: str, context: Mapping[str, object], now: dt.datetime) -> None:
    """Write to the address of the staff, if the installation has one; as `write`.

    What is more than they are to get in a day (UTC) is written down and held back.
    """
    mail = installation.configuration().mail
    if not mail.staff:
        return
    begin = dt.datetime.combine(now.date(), dt.time(), dt.UTC)
    today = Letter.objects.filter(recipient=mail.staff, text=text, written_at__gte=begin)
    held = today.exclude(state=LetterState.HELD).count() >= mail.most_to_staff_per_day
    letter = write(text, mail.staff, key, context, now, held=held)
    if letter.state == LetterState.HELD:
        day = letter.written_at.date()
        tomorrow = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)
        enqueue(TELL_REST, day.isoformat(), {"day": day.isoformat()}, now, tomorrow)


def _tell_rest(payload: Payload, now: dt.datetime) -> None:
    staff = installation.configuration().mail.staff
    begin = dt.datetime.combine(dt.date.fromisoformat(payload["day"]), dt.time(), dt.UTC)
    held = Letter.objects.filter(
        state=LetterState.HELD,
        written_at__gte=begin,
        written_at__lt=begin + dt.timedelta(days=1),
    )
    kinds = held.values("text").annotate(number=Count("pk")).order_by("text")
    if staff and kinds:
        rest = [{"about": _ABOUT.get(each["text"], each["text"]), **each} for each in kinds]
        context = {"day": payload["day"], "number": held.count(), "rest": rest}
        write(_REST, staff, f"{_REST} {payload['day']}", context, now)


TELLING_REST = inner_only(_tell_rest)

_ABOUT = {
    "mail_for_staff": "mail that is for you to read, in the portal under Mail",
    "staff_complaint": "complaints of letters of ours",
    "staff_contact_claim": "objections of contacts that did not ask",
    "staff_frozen": "organisations that were frozen",
    "staff_network_frozen": "networks that were frozen",
    "staff_not_us": "objections of contacts of a registry",
    "staff_reaches_nobody": "lists that reach nobody",
}
"""What the letters that are held back are about."""
