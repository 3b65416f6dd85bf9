"""From bytes to a message, within limits: what is built to break a reader is refused."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import EmailPolicy, default
from itertools import chain
from typing import Any, cast

from tocsin.service.mailbox.header_facts import MOST_FIELDS, MOST_HEADER_BYTES

MOST_PARTS = 100
"""Parts of a message, at any depth."""

MOST_LINES = 400_000
"""Lines of a message; a file of 20 MB in base64 has as many."""


class Malformed(Exception):
    """A message that is not to be read; says why."""


def parse(raw: bytes) -> EmailMessage:
    """The message. Defects that the parser can live with are left in it (`defects`).

    Malformed: too many parts, too many lines, a header without an end, no header at all.
    """
    _check_bytes(raw)
    made = 0

    def counted(*args: Any, **kwargs: Any) -> EmailMessage:
        nonlocal made
        made += 1
        if made > MOST_PARTS:
            raise Malformed(f"It has more than {MOST_PARTS} parts.")
        return EmailMessage(*args, **kwargs)

    policy = cast(EmailPolicy, default.clone(message_factory=counted))
    try:
        message = cast(EmailMessage, message_from_bytes(raw, policy=policy))
    except Malformed:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed(f"It cannot be parsed: {type(error).__name__}.") from error
    if not message.keys():
        raise Malformed("It has no header.")
    return message


def defects_of(message: EmailMessage) -> tuple[str, ...]:
    """The names of what is wrong with the form of a message."""
    found = chain.from_iterable(part.defects for part in message.walk())
    return tuple(sorted({type(each).__name__ for each in found}))


def _check_bytes(raw: bytes) -> None:
    if raw.count(b"\n") > MOST_LINES:
        raise Malformed(f"It has more than {MOST_LINES} lines.")
    end = re.search(rb"\r?\n\r?\n", raw[:MOST_HEADER_BYTES])
    if end is None and len(raw) > MOST_HEADER_BYTES:
        raise Malformed("Its header has no end.")
    header = raw[: end.start()] if end else raw
    if header.count(b"\n") > MOST_FIELDS:
        raise Malformed(f"Its header has more than {MOST_FIELDS} lines.")
