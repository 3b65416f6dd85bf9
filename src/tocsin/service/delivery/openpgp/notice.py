"""What somebody is sent whose key is over: that there is a report, and nothing of what it says."""

from __future__ import annotations

import datetime as dt

from django.core.mail import EmailMessage
from django.template import Context

from tocsin.service import installation
from tocsin.service.delivery.compose.templates import template
from tocsin.service.seven_bits import SevenBits
from tocsin.service.texts import harmless


def notice_of(message: EmailMessage, day: dt.date, language: str) -> EmailMessage:
    """The notice instead of a message, with its subject and its headers.

    Neither rows nor numbers nor download links: those links are secrets.
    """
    place = installation.configuration().service
    words = {"service": harmless(place.name, 100), "portal": place.address, "day": day}
    text = template("unusable", language, "txt").render(Context(words, autoescape=False))
    return SevenBits(
        subject=message.subject,
        body=text,
        from_email=message.from_email,
        to=message.to,
        reply_to=message.reply_to,
        headers=message.extra_headers,
    )
