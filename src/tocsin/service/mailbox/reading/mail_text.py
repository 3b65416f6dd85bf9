"""What a person wrote in a mail, without what they quote and what they always write below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import parseaddr

from tocsin.service.mailbox.reading.decoding import (
    content_type,
    file_name,
    is_attachment,
    parameter,
    text_of,
)
from tocsin.service.mailbox.reading.html_text import html_lines
from tocsin.service.mailbox.reading.layout import is_rule, laid_out
from tocsin.service.mailbox.reading.words import words
from tocsin.service.texts import harmless

LONGEST_TEXT = 50_000
"""Characters of a mail that are read."""

_LONGEST_FILE = 100_000

_LONGEST_HEADER = 1_000
_MOST_ATTACHMENTS = 20
_MOST_PARTS = 200
_DEEPEST = 20
_TEXT_FILES = (".txt", ".csv", ".tsv", ".md", ".htm", ".html", ".list", ".conf")


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail as text; everything in it is harmless.

    sender: address of From. sender_name: its display name. subject: without Re:, Fwd: and the like.
    body: what was written now. signature: what stands below it. quoted: what is quoted of earlier
    mails. attached: texts of attachments, by name.
    """

    sender: str
    sender_name: str
    subject: str
    body: str
    signature: str = ""
    quoted: str = ""
    attached: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A text of a mail: of its body if it has no name."""

    text: str
    name: str = ""


def mail_text(message: EmailMessage) -> MailText:
    """Read a parsed mail; what cannot be decoded is read as well as it can be, never an error."""
    pieces = list(_pieces(message))
    whole = "\n\n".join(each.text for each in pieces if not each.name)
    layout = laid_out(harmless(whole[:LONGEST_TEXT], LONGEST_TEXT, lines=True))
    name, address = parseaddr(_header(message, "from"))
    return MailText(
        sender=harmless(address, 320).lower(),
        sender_name=harmless(name, 200),
        subject=without_prefixes(harmless(_header(message, "subject"), 500)),
        body=_joined(layout.body),
        signature=_joined(layout.signature),
        quoted=_joined(layout.quoted),
        attached=tuple(
            (
                harmless(each.name, 200),
                harmless(each.text[:_LONGEST_FILE], _LONGEST_FILE, lines=True),
            )
            for each in pieces
            if each.name
        )[:_MOST_ATTACHMENTS],
    )


def without_prefixes(subject: str) -> str:
    """The subject without Re:, AW:, Fwd:, [list] and the like before it."""
    while True:
        prefix, colon, rest = subject.replace("：", ":", 1).partition(":")
        known = prefix.partition("[")[0].strip().lower() in words("layout")["subject_prefixes"]
        if not colon or not known:
            return subject.strip()
        subject = rest.strip()


def _joined(lines: list[str]) -> str:
    return "\n".join("" if is_rule(line) else line.rstrip() for line in lines).strip()


def _header(message: Message, name: str) -> str:
    """A header as text. Read raw: broken ones make the standard library's parser fail."""
    for each, value in message.raw_items():
        if each.lower() == name:
            raw = " ".join(str(value)[:_LONGEST_HEADER].split())
            try:
                return str(make_header(decode_header(raw)))
            except (HeaderParseError, LookupError, ValueError):
                return raw
    return ""


def _pieces(message: Message, depth: int = 0) -> Iterator[_Piece]:
    """The texts of a mail in their order; of alternatives the plain one, if it says anything."""
    waiting: list[tuple[Message, int]] = [(message, depth)]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop()
        inner = _inner_parts(part)
        kind = content_type(part)
        if kind == "message/rfc822" and inner and depth < _DEEPEST:
            yield _forwarded(inner[0], depth + 1)
        elif inner and depth < _DEEPEST:
            chosen = _alternative(inner) if kind == "multipart/alternative" else inner
            waiting.extend((each, depth + 1) for each in reversed(chosen))
        elif not inner:
            yield from _leaf(part, kind)


def _inner_parts(part: Message) -> list[Message]:
    payload = part.get_payload() if part.is_multipart() else None
    if not isinstance(payload, list):
        return []
    return [each for each in payload if isinstance(each, Message)]


def _alternative(parts: list[Message]) -> list[Message]:
    plain = [each for each in parts if content_type(each) == "text/plain"]
    if any(text_of(each).strip() for each in plain):
        return plain
    others = [each for each in parts if each not in plain]
    return others[-1:]


def _leaf(part: Message, kind: str) -> Iterator[_Piece]:
    name = file_name(part)
    is_file = bool(name) and name.lower().endswith(_TEXT_FILES)
    if not (kind.startswith("text/") or is_file) or kind in ("text/calendar", "text/x-amp-html"):
        return
    text = text_of(part)
    if kind == "text/html" or name.lower().endswith((".htm", ".html")):
        text = html_lines(text)
    elif parameter(part, "format") == "flowed":
        text = _unflowed(text)
    if is_attachment(part) or is_file:
        yield _Piece(text, name or "attachment")
    elif text.strip():
        yield _Piece(text)


def _forwarded(message: Message, depth: int) -> _Piece:
    said = "\n\n".join(each.text for each in _pieces(message, depth))
    headers = f"From: {_header(message, 'from')}\nSubject: {_header(message, 'subject')}\n\n"
    return _Piece(headers + said, f"{_header(message, 'subject') or 'forwarded'}.eml")


def _unflowed(text: str) -> str:
    """Join what format=flowed has broken (RFC 3676): a line that ends in a blank goes on."""
    lines: list[list[str]] = []
    goes_on = False
    for line in text.replace("\r\n", "\n").split("\n"):
        quote = line[: len(line) - len(line.lstrip(">"))]
        if goes_on and line.startswith(quote) and not quote:
            lines[-1].append(line.removeprefix(" "))
        else:
            lines.append([line if quote else line.removeprefix(" ")])
        goes_on = line.endswith(" ") and line != "-- " and not quote
    return "\n".join("".join(each) for each in lines)
