"""What a returned message is made of: fields for machines, text for people, traces of our own."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from email.message import EmailMessage, Message
from itertools import islice

from tocsin.service.delivery.bounces.bounce import Traces
from tocsin.service.mailbox.reading.decoding import content_type, text_of
from tocsin.service.mailbox.reading.html_text import html_lines
from tocsin.service.texts import harmless

Fields = Mapping[str, str]
"""The fields of one block by their names in small letters."""

_LONGEST_TEXT = 20_000
_LONGEST_FIELD = 1_000
_MOST_BLOCKS = 100
_MOST_LINES = 2_000
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:[ \t]*(.*)")
_RETURNED_PARTS = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers")
_OURS = re.compile(r"<tocsin\.[0-9a-fA-F]{32}@[A-Za-z0-9.-]{1,253}>")
_DETAIL = re.compile(r"\+\d{1,18}=[0-9A-Za-z]{1,40}@[A-Za-z0-9.-]{1,253}")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}$")


def blocks_of(message: EmailMessage, kind: str) -> list[Fields]:
    """The blocks of all parts of that type; also of parts whose type is wrong, by their fields.

    kind: `message/delivery-status` or `message/feedback-report`.
    """
    parts = [each for each in message.walk() if content_type(each) == kind]
    found = [block for part in parts for block in _blocks(_said(part))]
    if found or kind != "message/delivery-status":
        return found[:_MOST_BLOCKS]
    # Some servers call it text, or a file, or put it below the words for people.
    text = "\n\n".join(each for each in _texts(message))
    loose = [each for each in _blocks(text) if "final-recipient" in each]
    return loose[:_MOST_BLOCKS]


def people_text(message: EmailMessage) -> str:
    """What is said to people; not what was given back."""
    return harmless("\n".join(_texts(message))[:_LONGEST_TEXT], _LONGEST_TEXT, lines=True)


def traces_of(raw: bytes, message: EmailMessage) -> Traces:
    """What of our message is in it, wherever: as it stands, or in parts that are encoded."""
    texts = [raw.decode("latin-1").replace("=3D", "="), *map(_said, _leaves(message))]
    ids = dict.fromkeys(each for text in texts for each in _OURS.findall(text))
    paths = dict.fromkeys(each for text in texts for each in _paths(text))
    return Traces(tuple(islice(ids, 20)), tuple(islice(paths, 20)))


def _paths(text: str) -> Iterator[str]:
    """Looked for from the rare sign on, and then backwards: long words take no time."""
    for found in _DETAIL.finditer(text):
        name = _NAME.search(text[max(0, found.start() - 64) : found.start()])
        if name is not None:
            yield name[0] + found[0]


def _texts(message: EmailMessage) -> Iterator[str]:
    """Plain texts, or pages where there is no plain one, of what is not the returned message."""
    texts = list(_outer(message))
    plain = [text_of(each) for each in texts if content_type(each) != "text/html"]
    if any(each.strip() for each in plain):
        yield from plain
        return
    for each in texts:
        yield html_lines(text_of(each)[: _LONGEST_TEXT * 2])


def _outer(part: Message) -> Iterator[Message]:
    """Text parts outside of any returned message."""
    kind = content_type(part)
    if kind in _RETURNED_PARTS or kind in ("message/delivery-status", "message/feedback-report"):
        return
    payload = part.get_payload()
    if part.is_multipart() and isinstance(payload, list):
        for each in payload:
            if isinstance(each, Message):
                yield from _outer(each)
    elif kind.startswith("text/") or kind == "application/octet-stream":
        yield part


def _leaves(message: EmailMessage) -> Iterator[Message]:
    return (each for each in message.walk() if not each.is_multipart())


def _said(part: Message) -> str:
    """The text of a part; parts of `message/...` are parsed already, and are put together."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return text_of(part)
    text = "\n\n".join(_block_text(each) for each in payload if isinstance(each, Message))
    # Not allowed (RFC 3464, 2.1), and done: the parser takes what is encoded for a body.
    encoded = str(part.get("content-transfer-encoding", "")).strip().lower() == "base64"
    return _from_base64(text) if encoded else text


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split())).decode("utf-8", "replace")
    except ValueError:
        return text


def _block_text(block: Message) -> str:
    lines = [f"{name}: {value}" for name, value in block.raw_items()]
    rest = block.get_payload()
    return "\n".join([*map(str, lines), "", rest if isinstance(rest, str) else ""])


def _blocks(text: str) -> Iterator[Fields]:
    """Blocks of fields, parted by blank lines; lines that are no field go on with the one above."""
    block: dict[str, str] = {}
    name = ""
    for line in islice(text.splitlines(), _MOST_LINES):
        if not line.strip():
            if block:
                yield block
            block, name = {}, ""
            continue
        starts = line[:1] not in " \t" or not name
        found = _FIELD.fullmatch(line[: _LONGEST_FIELD * 2].strip()) if starts else None
        if found:
            name = found[1].lower()
            block.setdefault(name, _cut(found[2]))
        elif name and len(block[name]) < _LONGEST_FIELD:
            block[name] = _cut(f"{block[name]} {line}")
    if block:
        yield block


def _cut(value: str) -> str:
    return harmless(value[: _LONGEST_FIELD * 2], _LONGEST_FIELD)
