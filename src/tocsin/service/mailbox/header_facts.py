"""What the header of a message says, read from its first bytes; nothing in it is believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses
from itertools import chain, islice

from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.texts import harmless

MOST_HEADER_BYTES = 256 << 10
MOST_FIELDS = 1000
_MOST_REFERENCES = 50
_LONGEST_VALUE = 8_000

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>")
"""Printable ASCII alone: an identifier goes into the header of our answer."""

_LONGEST_ID = 250


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """A header, harmless.

    from_addresses: those of all From fields. recipients: whom it says it is for, the most telling
    field first. values: fields by name in small letters, as they stand. return_path: None if there
    is none, empty for `<>`.
    """

    from_addresses: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    message_id: str = ""
    answers: tuple[str, ...] = ()
    subject: str = ""
    return_path: str | None = None
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def first(self, name: str) -> str:
        """The first value of a field, "" if there is none."""
        return next(iter(self.values.get(name, ())), "")

    @property
    def from_address(self) -> str:
        """Who writes; empty unless exactly one address says so."""
        return self.from_addresses[0] if len(self.from_addresses) == 1 else ""


def read_header(raw: bytes) -> HeaderFacts:
    """Read the header of a message, of which the beginning is enough."""
    return facts_of(BytesParser(policy=compat32).parsebytes(_header_of(raw), headersonly=True))


def facts_of(message: Message) -> HeaderFacts:
    """The facts of a parsed header."""
    values: dict[str, tuple[str, ...]] = {}
    for name, value in islice(message.raw_items(), MOST_FIELDS):
        known = harmless(name, 80).lower()
        values[known] = (*values.get(known, ()), _text(value))
    answers = _identifiers(values, "in-reply-to", "references")
    return HeaderFacts(
        from_addresses=_addresses(values, "from", most=5),
        recipients=_addresses(values, "x-original-to", "delivered-to", "to", "cc", most=200),
        message_id=next(iter(_identifiers(values, "message-id")), ""),
        answers=answers[:_MOST_REFERENCES],
        subject=harmless(decoded(next(iter(values.get("subject", ())), "")), 300),
        return_path=_return_path(values),
        values=values,
    )


def decoded(value: str) -> str:
    """A value of a field with its encoded words read, as well as they can be."""
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, ValueError, LookupError):
        return value


def _header_of(raw: bytes) -> bytes:
    start = raw[:MOST_HEADER_BYTES]
    end = re.search(rb"\r?\n\r?\n", start)
    return start[: end.end()] if end else start


def _text(value: object) -> str:
    return str(value)[:_LONGEST_VALUE].encode("ascii", "surrogateescape").decode("utf-8", "replace")


def _addresses(values: Mapping[str, tuple[str, ...]], *names: str, most: int) -> tuple[str, ...]:
    said = [each for name in names for each in values.get(name, ())]
    found: dict[str, None] = {}
    for _, address in islice(chain.from_iterable(map(_pairs, said)), most):
        try:
            found.setdefault(mail_address(address))
        except ValueError:
            continue
    return tuple(found)


def _pairs(value: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([value])
    except RecursionError:
        # Comments in comments, or groups in groups, a thousand deep: nobody is named so.
        return []


def _identifiers(values: Mapping[str, tuple[str, ...]], *names: str) -> tuple[str, ...]:
    said = " ".join(each for name in names for each in values.get(name, ()))
    found = dict.fromkeys(_MESSAGE_ID.findall(said))
    return tuple(each for each in found if len(each) <= _LONGEST_ID)


def _return_path(values: Mapping[str, tuple[str, ...]]) -> str | None:
    if "return-path" not in values:
        return None
    return harmless(values["return-path"][0].strip("<> \t\r\n"), 320).lower()
