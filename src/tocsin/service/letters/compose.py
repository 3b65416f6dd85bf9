"""From a text and what fills it to the message that goes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.mail import EmailMessage
from django.template import Context, Engine, Template

from tocsin.service import installation
from tocsin.service.letters.models import Letter
from tocsin.service.secret import Secret
from tocsin.service.seven_bits import SevenBits
from tocsin.service.texts import harmless, heading

TEXTS = Path(__file__).parent / "texts"

_ENGINE = Engine(autoescape=False, builtins=["tocsin.service.letters.filters"])
_MOST_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Composed:
    """What a letter says."""

    subject: str
    body: str


def compose(
    text: str, context: Mapping[str, Any], secret: Secret, language: str = "en"
) -> Composed:
    """The letter `text` in that language, or in English where there is none in it.

    Its first line is the subject. Texts are plain: nothing in them is escaped, and what comes from
    outside was made harmless when it came in, and is made so once more here.
    """
    filled = {name: _filled(value, secret) for name, value in context.items()}
    configuration = installation.configuration()
    filled |= {
        "service": configuration.service.name,
        "portal": configuration.service.address,
        "mail": configuration.mail,
        "addresses": {
            name: f"{getattr(configuration.mail, name)}@{configuration.mail.domain}"
            for name in ("sender", "requests", "changes", "objections")
        },
    }
    rendered = _template(text, language).render(Context(filled, autoescape=False))
    subject, _, body = rendered.partition("\n")
    tidy = _MOST_BLANK_LINES.sub("\n\n", harmless(body, 100_000, lines=True))
    return Composed(heading(subject.removeprefix("Subject: "), 200), tidy + "\n")


def message_of(letter: Letter, secret: Secret) -> EmailMessage:
    """The message of a letter, with the headers that keep machines from answering it."""
    composed = compose(letter.text, letter.context, secret, letter.language)
    headers = {
        "Message-ID": letter.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Precedence": "bulk",
    }
    if letter.answers:
        headers |= {"In-Reply-To": letter.answers, "References": letter.answers}
    mail = installation.configuration().mail
    return SevenBits(
        subject=composed.subject,
        body=composed.body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[letter.recipient],
        reply_to=[f"{_answered_at(letter)}@{mail.domain}"],
        headers=headers,
    )


def _answered_at(letter: Letter) -> str:
    mail = installation.configuration().mail
    return str(mail.changes if letter.organisation else mail.requests)


def _filled(value: Any, secret: Secret) -> Any:
    if isinstance(value, list):
        return [_filled(each, secret) for each in value]
    if not isinstance(value, dict):
        return harmless(value, 20_000, lines=True) if isinstance(value, str) else value
    if list(value) == ["link"]:
        purpose, reference = value["link"]
        return link_to(purpose, reference, secret)
    if list(value) == ["code"]:
        return secret.code(*value["code"])
    return {name: _filled(each, secret) for name, each in value.items()}


def link_to(purpose: str, reference: str, secret: Secret) -> str:
    """The whole address of a page that is opened by having been given it."""
    address = installation.configuration().service.address
    # A mail address, as references may hold, has letters that mean something in an address.
    quoted = quote(reference, safe="@+")
    return f"{address}/l/{purpose}/{quoted}/{secret.link(purpose, reference)}"


@cache
def _template(text: str, language: str) -> Template:
    path = TEXTS / f"{text}.{language}.txt"
    if not path.is_file():
        path = TEXTS / f"{text}.en.txt"
    return _ENGINE.from_string(path.read_text(encoding="utf-8"))
