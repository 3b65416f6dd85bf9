"""Writing a letter: it is on its way once the transaction is through, and never twice."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping

from tocsin.service import installation
from tocsin.service.letters.models import Letter, LetterState
from tocsin.service.work.queue import enqueue

SEND = "send_letter"


def write(
    text: str,
    recipient: str,
    key: str,
    context: Mapping[str, object],
    now: dt.datetime,
    *,
    request: int | None = None,
    organisation: int | None = None,
    answers: str = "",
    language: str = "en",
    held: bool = False,
) -> Letter:
    """Write the letter `text` (a file in letters/texts) to a mail address.

    key: what makes it this letter and no other; the second letter with a key is the first.
    context: what fills the text, as JSON; an object `{"link": [purpose, reference]}` or
    `{"code": [purpose, reference]}` in it becomes a link or a code when the letter is sent.
    answers: the Message-ID that it answers. held: write it down, and do not send it.
    """
    letter, new = Letter.objects.get_or_create(
        key=key,
        defaults={
            "text": text,
            "recipient": recipient,
            "context": dict(context),
            "request": request,
            "organisation": organisation,
            "answers": answers,
            "language": language,
            "message_id": message_id_of(key),
            "written_at": now,
            "state": LetterState.HELD if held else LetterState.WAITING,
        },
    )
    if new and not held:
        enqueue(SEND, str(letter.pk), {"letter": letter.pk}, now)
    return letter


def message_id_of(key: str) -> str:
    """The Message-ID of the letter with that key.

    Nobody can tell it who has not got the letter: a mail that names it answers that letter.
    """
    said = key.encode("utf-8", "surrogatepass")
    digest = hmac.digest(installation.secret().key("message-id"), said, hashlib.sha256).hex()[:32]
    return f"<tocsin.{digest}@{installation.configuration().mail.domain}>"
