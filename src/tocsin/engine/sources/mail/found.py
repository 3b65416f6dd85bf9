"""What the body of a message holds: links, and the files that are attached."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterable, Iterator
from email.message import EmailMessage, Message
from typing import Final

from tocsin.engine.sources.mail import parsing
from tocsin.engine.sources.mail.links import Link, links_in_html, links_in_text, shown_url
from tocsin.engine.sources.mail.recipients import Recipients

MOST_LINKS: Final = 80
MOST_FILES: Final = 20

_MOST_TEXT = 1 << 20
_MOST_TEXTS = 1 << 22
_MOST_NAME = 200
_NO_CHARSETS = frozenset(
    {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)
"""Python's, in which nobody writes mail."""

_WRAPPED = re.compile(r" \r?\n")

Cells = dict[str, object]


def links_of(message: Message, recipients: Recipients) -> tuple[list[Cells], int]:
    """The distinct links of all texts, and how many more there were.

    Where they are too many, those whose host is an address are kept before others.
    """
    links = list(dict.fromkeys(_links(message)))
    if len(links) > MOST_LINKS:
        links.sort(key=lambda link: (not link.address, not link.pretends))
    found: dict[str, Cells] = {}
    for link in links[:MOST_LINKS]:
        cells = _cells(link, recipients)
        known = found.setdefault(str(cells["url"]), cells)
        if "pretends" in cells:
            known.setdefault("pretends", cells["pretends"])
    return list(found.values()), max(len(links) - MOST_LINKS, 0)


def link_of(url: str, recipients: Recipients) -> list[Cells]:
    """A link that stands by itself; none if it is no link."""
    return [_cells(link, recipients) for link in links_in_text(url)][:1]


def files_of(message: Message, recipients: Recipients) -> list[Cells]:
    """Name, type, size and SHA-256 of what is attached."""
    return [
        _without_empty(
            {
                "name": recipients.hidden_all(_clean(name)[:_MOST_NAME]),
                "type": parsing.media_type(part)[:_MOST_NAME],
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
        for _, (part, name) in zip(range(MOST_FILES), _attached(message), strict=False)
        for data in [parsing.payload(part)]
    ]


def text_of(part: EmailMessage) -> str:
    """The text of a part, by its own word on how it is written, up to a MiB of it."""
    charset = parsing.parameter(part, "charset") or "utf-8"
    data = parsing.payload(part)[:_MOST_TEXT]
    try:
        name = codecs.lookup(charset).name
        if name.replace("_", "-") in _NO_CHARSETS:
            name = "latin-1"
        text = data.decode(name, "replace")
    except (LookupError, ValueError):
        text = data.decode("utf-8", "replace")
    if parsing.parameter(part, "delsp") == "yes":
        text = _WRAPPED.sub("", text)
    return text.replace("\0", "")


def _attached(message: Message) -> Iterator[tuple[EmailMessage, str]]:
    for part in parsing.leaves(message):
        name = parsing.file_name(part)
        if name is not None:
            yield part, name
        elif not parsing.media_type(part).startswith(("text/", "message/", "multipart/")):
            yield part, ""


def _links(message: Message) -> Iterator[Link]:
    left = _MOST_TEXTS
    for part in parsing.leaves(message):
        kind = parsing.media_type(part)
        if not kind.startswith("text/") or left <= 0:
            continue
        text = text_of(part)
        left -= len(text)
        yield from links_in_html(text) if kind == "text/html" else links_in_text(text)


def _cells(link: Link, recipients: Recipients) -> Cells:
    host = link.address or recipients.hidden(link.host)
    rest = recipients.hidden_all(link.rest)
    if rest and not rest.startswith(("/", "?", "#")):
        rest = f"/{rest}"
    return _without_empty(
        {
            "url": _clean(shown_url(link, rest, host)),
            "scheme": link.scheme,
            "host": "" if link.address else host,
            "address": link.address,
            "port": link.port,
            "pretends": recipients.hidden(link.pretends),
        }
    )


def _without_empty(cells: Cells) -> Cells:
    return {key: value for key, value in cells.items() if value not in ("", None)}


def _clean(text: str) -> str:
    """Without halves of surrogate pairs and NULs, which are no text."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def cleaned(texts: Iterable[tuple[str, str]]) -> Cells:
    """Cells of texts, those that say nothing left out."""
    return _without_empty({name: _clean(text) for name, text in texts})
