"""Messages that are a text and no more: what is taken back, and that nothing was seen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine, Template

from tocsin.service.delivery.compose.message import shell
from tocsin.service.delivery.compose.with_pictures import MessageWithPictures
from tocsin.service.delivery.models import Delivery
from tocsin.service.texts import harmless, heading

_TEXTS = Path(__file__).parent / "texts"


def plain_text(
    delivery: Delivery, text: str, context: Mapping[str, Any], unsubscribe: Mapping[str, str]
) -> MessageWithPictures:
    """The message of a file in `texts`, whose first line is the subject, filled."""
    rendered = _template(text).render(Context(dict(context), autoescape=False))
    subject, _, body = rendered.partition("\n")
    return shell(
        delivery,
        heading(subject.removeprefix("Subject: "), 200),
        harmless(body, 1_000_000, lines=True) + "\n",
        unsubscribe,
    )


@cache
def _template(name: str) -> Template:
    return Engine(autoescape=False).from_string((_TEXTS / name).read_text(encoding="utf-8"))
