"""The format `mail`: what spam traps received, as mbox files or single messages.

Of a message nothing is told of whom it came to, and its text is not kept. Received headers are told
from the newest on, as they stand; which of them a source of its own wrote, the source says.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from email.message import Message
from itertools import islice
from typing import Final

from tocsin.engine.sources.json_lines import blank_lines, fault_line, json_line
from tocsin.engine.sources.mail import parsing
from tocsin.engine.sources.mail.found import Cells, cleaned, files_of, links_of
from tocsin.engine.sources.mail.hops import MOST_HOPS, hop_of, moment
from tocsin.engine.sources.mail.recipients import MASK, Recipients, recipients_of
from tocsin.engine.sources.mail.splitting import MOST_BYTES, Readable, pieces

MAIL: Final = "mail"

_MOST_SUBJECT = 500
_MOST_WORD = 320
_CHOSEN = frozenset({"helo", "name"})
"""What whoever connects decides; the rest of a hop is the server's own word."""

_IN_ANGLES = re.compile(r"<\s*([^<>\s@]{1,128}@[^<>\s@]{1,255})\s*>")
_BARE = re.compile(r"([^<>\s@\",]{1,128}@[^<>\s@\",]{1,255})")

Told = Callable[[Message, bytes], Iterator[Cells]]
"""The rows that a message makes; UnreadableMessageError if it makes none, and why."""


def mail_lines(content: Readable) -> Iterator[bytes]:
    """Messages as JSON objects; ValueError for a single one that is no mail."""
    return lines_of(content, lambda message, data: iter([_row(message, data)]))


def lines_of(content: Readable, told: Told) -> Iterator[bytes]:
    """What is told of each message of a content; its lines are counted on the last row."""
    for piece in pieces(content):
        if piece.data is None:
            rows = [fault_line(f"the message is longer than {MOST_BYTES} bytes")]
        else:
            rows = _rows(piece.data, piece.alone, told)
        yield b"".join(rows)
        yield from blank_lines(piece.lines - len(rows))


def _rows(data: bytes, alone: bool, told: Told) -> list[bytes]:
    rows: list[bytes] = []
    try:
        message = parsing.parsed(data)
        if not message.keys():
            raise parsing.UnreadableMessageError("it does not begin with headers")
        rows += map(json_line, told(message, data))
    except parsing.UnreadableMessageError as error:
        if alone and not data[:1024].count(b":"):
            raise ValueError(f"this is no mail: {error}") from error
        rows.append(fault_line(str(error)))
    except parsing.FAULTS as error:
        rows.append(fault_line(f"the message cannot be read: {type(error).__name__}"))
    return rows


def _row(message: Message, data: bytes) -> Cells:
    recipients = recipients_of(message)
    hops = hops_of(message, recipients)
    links, left_out = links_of(message, recipients)
    return {
        **cleaned([("sensor", str(hops[0].get("by", "")) if hops else "")]),
        "hops": hops,
        **told_of(message, recipients),
        "urls": links,
        **({"urls_left_out": left_out} if left_out else {}),
        **attachments_of(message, recipients),
        "recipients": recipients.count,
        "digest": hashlib.sha256(data).hexdigest(),
    }


def hops_of(message: Message, recipients: Recipients) -> list[Cells]:
    """The Received headers from the newest on; one that is no such header is an empty one.

    date: as the header says, else as the message does (`date_of: message`).
    """
    hops = []
    for value in islice(parsing.headers(message, "received"), MOST_HOPS):
        hop = hop_of(value)
        if hop and "date" not in hop and (date := moment(parsing.header(message, "date"))):
            hop |= {"date": date, "date_of": "message"}
        for name in _CHOSEN.intersection(hop):
            hop[name] = recipients.hidden(hop[name])
        if MASK in hop.get("name", ""):
            del hop["name"]
        hops.append(cleaned((name, said[:_MOST_WORD]) for name, said in hop.items()))
    return hops


def told_of(message: Message, recipients: Recipients) -> Cells:
    """Sender, subject and name of a message, without its recipients."""
    sender, domain = recipients.sender(address_in(next(parsing.headers(message, "from"), "")))
    subject = parsing.header(message, "subject")[:_MOST_SUBJECT]
    message_id = next(parsing.headers(message, "message-id"), "")
    return cleaned(
        [
            ("sender", sender),
            ("sender_domain", domain),
            ("subject", recipients.hidden_all(" ".join(subject.split()))),
            ("message_id", recipients.hidden(message_id[:_MOST_WORD])),
        ]
    )


def address_in(text: str) -> str:
    """The address of a From header, "" if there is none; the name before it may hold another."""
    found = _IN_ANGLES.search(text) or _BARE.search(text)
    return found[1] if found else ""


def attachments_of(message: Message, recipients: Recipients) -> Cells:
    """What is attached, if anything is."""
    files = files_of(message, recipients)
    return {"attachments": files} if files else {}
