"""From facts to the message: its headers, its text, its files. Asks neither database nor clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine, Template

from tocsin.service import installation
from tocsin.service.delivery.compose.attachment import Attachment
from tocsin.service.delivery.compose.facts import ReportFacts
from tocsin.service.delivery.envelope import return_path
from tocsin.service.delivery.models import Delivery
from tocsin.service.texts import harmless

TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a message is made of. unsubscribe: headers by which a person leaves; else empty."""

    reports: Sequence[ReportFacts]
    attachments: Sequence[Attachment]
    unsubscribe: dict[str, str]


def message_of(delivery: Delivery, parts: Parts) -> EmailMultiAlternatives:
    """The message of a delivery to a list."""
    mailing_list = delivery.list
    assert mailing_list is not None  # noqa: S101 - others are composed elsewhere
    configuration = installation.configuration()
    context = {
        "service": configuration.service.name,
        "list": str(mailing_list),
        "name": mailing_list.name,
        "day": delivery.day,
        "reports": parts.reports,
        "leave": parts.unsubscribe.get("List-Unsubscribe", "").strip("<>"),
    }
    rendered = template(f"{delivery.kind}.{mailing_list.language}.txt").render(
        Context(context, autoescape=False)
    )
    message = shell(delivery, rendered, parts.unsubscribe)
    for each in parts.attachments:
        message.attach(each.name, each.content, each.mime)
    return message


def shell(
    delivery: Delivery, rendered: str, unsubscribe: Mapping[str, str]
) -> EmailMultiAlternatives:
    """A message to a list with the headers that all of them have; `rendered`: subject and text."""
    mail = installation.configuration().mail
    subject, _, body = rendered.partition("\n")
    return EmailMultiAlternatives(
        subject=harmless(subject.removeprefix("Subject: "), 200),
        body=harmless(body, 1_000_000, lines=True) + "\n",
        from_email=return_path(delivery.pk),
        to=[delivery.address],
        reply_to=[f"{mail.objections}@{mail.domain}"],
        headers={
            "From": f"{mail.sender}@{mail.domain}",
            "Message-ID": delivery.message_id,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Precedence": "list",
            "List-Id": f"<{delivery.list}.{mail.domain}>",
            **unsubscribe,
        },
    )


@cache
def template(name: str) -> Template:
    """The text of that name."""
    return Engine(autoescape=False).from_string((TEXTS / name).read_text(encoding="utf-8"))
