"""The format `arf`: complaints about messages, as mailbox providers send them (RFC 5965, RFC 6650).

A complaint is a mail with a part `message/feedback-report`, whose fields say what the provider
found, and the message itself or its headers. What counts is the provider's word: the headers of the
message are the spammer's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from email.message import Message
from typing import Final, cast

from tocsin.engine.sources.mail import parsing
from tocsin.engine.sources.mail.found import Cells, cleaned, link_of, links_of
from tocsin.engine.sources.mail.hops import moment, plain_address
from tocsin.engine.sources.mail.messages import (
    address_in,
    attachments_of,
    lines_of,
    told_of,
)
from tocsin.engine.sources.mail.recipients import Recipients, recipients_of
from tocsin.engine.sources.mail.splitting import Readable

ARF: Final = "arf"

_REPORT = "message/feedback-report"
_MESSAGE = "message/rfc822"
_HEADERS = "text/rfc822-headers"
_MOST_REPORTED = 20
_MOST_SAID = 300
_WORDS = frozenset(
    {"abuse", "auth-failure", "dmarc", "fraud", "not-spam", "opt-out", "other", "virus"}
)
_FIELDS = {
    "type": "feedback-type",
    "agent": "user-agent",
    "incidents": "incidents",
    "domain": "reported-domain",
    "auth_failure": "auth-failure",
    "delivery_result": "delivery-result",
}


def arf_lines(content: Readable) -> Iterator[bytes]:
    """Complaints as JSON objects; ValueError for a single file that is no mail."""
    return lines_of(content, _told)


def _told(message: Message, data: bytes) -> Iterator[Cells]:
    fields, enclosed = _parts(message)
    # Whom the complaint itself came to is no secret, and no recipient of the message.
    everyone = recipients_of(fields)
    if enclosed is not None:
        everyone |= recipients_of(enclosed)
    provider = address_in(next(parsing.headers(message, "from"), "")).rpartition("@")[2].lower()
    links, left_out = links_of(enclosed, everyone) if enclosed is not None else ([], 0)
    named = list(parsing.headers(fields, "reported-uri"))[:_MOST_REPORTED]
    known = {str(link["url"]) for link in links}
    extra = [link for url in named for link in link_of(url, everyone) if link["url"] not in known]
    yield {
        **cleaned([("sensor", provider)]),
        "report": _report(fields, everyone),
        **(told_of(enclosed, everyone) if enclosed is not None else {}),
        "urls": [*extra, *links],
        **({"urls_left_out": left_out} if left_out else {}),
        **(attachments_of(enclosed, everyone) if enclosed is not None else {}),
        "digest": hashlib.sha256(data).hexdigest(),
    }


def _parts(message: Message) -> tuple[Message, Message | None]:
    """The fields of a complaint, and the message that it is about."""
    fields: Message | None = None
    enclosed: Message | None = None
    alone: Message | None = None
    for part in message.walk():
        kind = parsing.media_type(part)  # type: ignore[arg-type]  # all parts are made as such
        if kind == _REPORT and fields is None:
            fields = _within(part)
        elif kind == _HEADERS and alone is None:
            alone = _within(part)
        elif kind == _MESSAGE and enclosed is None:
            enclosed = _within(part)
    if fields is None:
        raise parsing.UnreadableMessageError(f"it is no complaint: it has no part {_REPORT}")
    return fields, enclosed if enclosed is not None else alone


def _within(part: Message) -> Message:
    """The message within a part; where it stands as a text, what it says as one."""
    inner = part.get_payload()
    if isinstance(inner, list) and inner:
        return cast("Message", inner[0])
    return parsing.parsed(parsing.payload(part))  # type: ignore[arg-type]  # as above


def _word(text: str) -> str:
    """A word of the format's own, in small letters; it names nobody, whoever is called so."""
    return text.lower() if text.lower() in _WORDS else ""


def _report(fields: Message, everyone: Recipients) -> Cells:
    told = [(ours, parsing.header(fields, theirs)) for ours, theirs in _FIELDS.items()]
    date = parsing.header(fields, "arrival-date") or parsing.header(fields, "received-date")
    mail_from = parsing.header(fields, "original-mail-from").strip("<> ")
    hidden = [(name, _word(said) or everyone.hidden(said)[:_MOST_SAID]) for name, said in told]
    address = plain_address(parsing.header(fields, "source-ip").strip("[]"))
    sender, _ = everyone.sender(mail_from)
    return cleaned([*hidden, ("date", moment(date)), ("source", address), ("mail_from", sender)])
