"""A message read by the standard library, within bounds that hold whatever somebody sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import EmailPolicy
from typing import Final, cast

MOST_PARTS: Final = 100
MOST_LINES: Final = 400_000
"""Sixteen MiB of what is packed as base64 are 230,000 lines; each costs time at every depth."""

MOST_HEADER: Final = 1 << 12
MOST_ADDRESSES: Final = 1 << 16
"""Characters that are read of a header, and of one that names recipients."""

LONG_HEADERS: Final = frozenset({"to", "cc", "bcc", "resent-to", "resent-cc"})

FAULTS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MessageError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the library may raise for a message that nobody has foreseen."""


class UnreadableMessageError(ValueError):
    """A message that is not read; says why."""


class _Bounded(EmailPolicy):
    """The default policy, with headers cut before anything is made of them."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(list(sourcelines))
        most = MOST_ADDRESSES if name.lower() in LONG_HEADERS else MOST_HEADER
        return name, value[:most]

    def header_fetch_parse(self, name: str, value: str) -> str:
        """A header's meaning, or its words as they stand where the library gives up."""
        try:
            return cast("str", super().header_fetch_parse(name, value))
        except FAULTS:
            return value.encode("utf-8", "replace").decode()


_READING = _Bounded()


def parsed(data: bytes) -> EmailMessage:
    """The message; UnreadableMessageError if it is beyond the bounds, or cannot be read."""
    if max(data.count(b"\n"), data.count(b"\r")) > MOST_LINES:
        raise UnreadableMessageError(f"the message has more than {MOST_LINES} lines")
    policy = _READING.clone(message_factory=_counted())
    try:
        return cast("EmailMessage", BytesParser(policy=policy).parsebytes(data))
    except UnreadableMessageError:
        raise
    except FAULTS as error:
        raise UnreadableMessageError(
            f"the message cannot be read: {type(error).__name__}"
        ) from error


def _counted() -> Callable[..., EmailMessage]:
    """Makes the parts of one message, and no more of them than may be."""
    made = 0

    def make(policy: EmailPolicy = _READING) -> EmailMessage:
        nonlocal made
        made += 1
        if made > MOST_PARTS:
            raise UnreadableMessageError(f"the message has more than {MOST_PARTS} parts")
        return EmailMessage(policy)

    return make


def headers(message: Message, *names: str) -> Iterator[str]:
    """The headers of these names as they were written, unfolded, in their order."""
    for name, value in message.raw_items():
        if name.lower() in names:
            yield " ".join(str(value).split())


def header(message: Message, name: str) -> str:
    """The first header of that name, its encoded words decoded; "" if there is none."""
    return words(next(headers(message, name), ""))


def words(raw: str) -> str:
    """A header's text with its encoded words decoded."""
    return str(_READING.header_fetch_parse("subject", raw[:MOST_HEADER]))


def leaves(message: Message) -> Iterator[EmailMessage]:
    """The parts that hold something themselves, also those of enclosed messages."""
    for part in message.walk():
        if not part.is_multipart():
            yield cast("EmailMessage", part)


def payload(part: EmailMessage) -> bytes:
    """What a part holds, decoded as far as it can be."""
    try:
        found = part.get_payload(decode=True)
    except FAULTS:
        return b""
    return found if isinstance(found, bytes) else b""


def media_type(part: EmailMessage) -> str:
    """`text/html` and the like; plain text where nothing sound is said."""
    try:
        return part.get_content_type()
    except FAULTS:
        return "text/plain"


def parameter(part: EmailMessage, name: str) -> str:
    """A parameter of the part's Content-Type, small letters; "" if there is none."""
    try:
        found = part.get_param(name)
    except FAULTS:
        return ""
    return found.lower() if isinstance(found, str) else ""


def file_name(part: EmailMessage) -> str | None:
    """What the part's file is called; None if it is no attachment."""
    try:
        name = part.get_filename()
        if name is None and part.get_content_disposition() == "attachment":
            return ""
    except FAULTS:
        return None
    return name
