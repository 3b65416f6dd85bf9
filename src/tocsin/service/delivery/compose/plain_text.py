"""Messages that are a text and no more: what is taken back, and that nothing was seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template import Context

from tocsin.service.delivery.compose.body import Stranger
from tocsin.service.delivery.compose.message import language_of, shell
from tocsin.service.delivery.compose.templates import template
from tocsin.service.delivery.compose.with_pictures import MessageWithPictures
from tocsin.service.delivery.models import Delivery
from tocsin.service.texts import harmless, heading


def plain_text(
    delivery: Delivery,
    text: str,
    context: Mapping[str, Any],
    unsubscribe: Mapping[str, str],
    stranger: Stranger | None = None,
) -> MessageWithPictures:
    """The message of a text, whose first line is the subject, filled.

    In the language of the list, or of the stranger who is told.
    """
    found = template(text, language_of(delivery, stranger), "txt")
    rendered = found.render(Context(dict(context), autoescape=False))
    subject, _, body = rendered.partition("\n")
    return shell(
        delivery,
        heading(subject.removeprefix("Subject: "), 200),
        harmless(body, 1_000_000, lines=True) + "\n",
        unsubscribe,
    )
