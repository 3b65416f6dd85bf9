"""What somebody is sent whose key is over: that there is a report, and nothing of what it says."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

from django.core.mail import EmailMessage
from django.template import Context, Engine, Template

from tocsin.service import installation
from tocsin.service.texts import harmless

_TEXT = Path(__file__).parent / "unusable.en.txt"


def notice_of(message: EmailMessage, day: dt.date) -> EmailMessage:
    """The notice instead of a message, with its subject and its headers.

    Neither rows nor numbers nor download links: those links are secrets.
    """
    place = installation.configuration().service
    words = {"service": harmless(place.name, 100), "portal": place.address, "day": day}
    return EmailMessage(
        subject=message.subject,
        body=_template().render(Context(words, autoescape=False)),
        from_email=message.from_email,
        to=message.to,
        reply_to=message.reply_to,
        headers=message.extra_headers,
    )


@cache
def _template() -> Template:
    return Engine(autoescape=False).from_string(_TEXT.read_text(encoding="utf-8"))
