"""The addresses that a message came to, and texts without them.

A spam trap whose address is known is a trap no more: it must not be found in anything that is kept,
neither in plain words nor as senders hide it in their links to see who reads them.
"""

from __future__ import annotations

import binascii
import contextlib
import hashlib
import re
from collections.abc import Iterable, Iterator
from email.message import Message
from typing import Final
from urllib.parse import unquote

from tocsin.engine.sources.mail.parsing import LONG_HEADERS, MOST_ADDRESSES, headers, words

MASK: Final = "***"
MOST_RECIPIENTS: Final = 200
"""Of a message to more, no text is kept that could tell one."""

_ENVELOPE = (
    "apparently-to",
    "delivered-to",
    "envelope-to",
    "original-rcpt-to",
    "original-recipient",
    "removal-recipient",
    "x-delivered-to",
    "x-envelope-to",
    "x-forwarded-to",
    "x-original-to",
    "x-rcpt-to",
    "x-real-to",
)
_NAMING = (*LONG_HEADERS, *_ENVELOPE)
_ADDRESS = re.compile(r'[^\s<>,;:"()\[\]\\@]{1,128}@[^\s<>,;:"()\[\]\\@]{1,255}')
_QUOTED = re.compile(r'"([^"@]{1,64})"@([^\s<>,;:"()\[\]\\@]{1,255})')
_FOR = re.compile(r"\bfor\s+<?([^\s<>;]{1,320})", re.IGNORECASE)
_BARE = re.compile(r"<?([\w.+=-]{1,64})>?")
_ANY = re.compile(
    r"[\w.+=!#$'*{}|~^-]{1,128}(?:@|%40|=40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}",
    re.ASCII,
)
_TOKEN = re.compile(r"[A-Za-z0-9+_-]{6,}={0,2}")
_TELLING = 5
_LEAST = 3


class Recipients:
    """The recipients of one message. crowded: they are too many to look for each."""

    def __init__(self, addresses: Iterable[str], *, crowded: bool = False) -> None:
        found = {address.strip("<>'. ").lower() for address in addresses} - {""}
        self._crowded = crowded or len(found) > MOST_RECIPIENTS
        self.addresses: frozenset[str] = frozenset() if self._crowded else frozenset(found)
        self.count = len(found)
        self.domains = {each.rpartition("@")[2] for each in self.addresses if "@" in each}
        self._pattern = _pattern(self.addresses)
        self._digests = frozenset(
            hashlib.new(name, each.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
            for each in self.addresses
            for name in ("md5", "sha1", "sha256")
        )

    def __or__(self, other: Recipients) -> Recipients:
        crowded = self._crowded or other._crowded
        return Recipients(self.addresses | other.addresses, crowded=crowded)

    def hidden(self, text: str) -> str:
        """A text without the recipients."""
        if self._crowded:
            return MASK if text else text
        shown = self._pattern.sub(MASK, text) if self._pattern else text
        shown = _TOKEN.sub(lambda token: MASK if self._reveals(token[0]) else token[0], shown)
        return MASK if self._tells(_unquoted(shown)) else shown

    def hidden_all(self, text: str) -> str:
        """A text without any address: in a link, whoever it names is the one it was sent to."""
        shown = self.hidden(_ANY.sub(MASK, text))
        return MASK if _ANY.search(_unquoted(shown)) else shown

    def sender(self, address: str) -> tuple[str, str]:
        """A sender and its domain, of which nothing is kept that is the recipient's."""
        domain = address.rpartition("@")[2].lower() if "@" in address else ""
        own = domain in self.domains or self._crowded
        return (MASK, MASK) if own and domain else (self.hidden(address), self.hidden(domain))

    def _tells(self, text: str) -> bool:
        return self._pattern is not None and self._pattern.search(text) is not None

    def _reveals(self, token: str) -> bool:
        """Whether a word of a link is a recipient in another writing."""
        if token.lower() in self._digests:
            return True
        return any(self._tells(text) or _ANY.search(text) for text in _decoded(token))


def recipients_of(message: Message) -> Recipients:
    """Whoever the headers of a message name as its recipients."""
    found: list[str] = []
    crowded = False
    for value in headers(message, *_NAMING):
        crowded = crowded or len(value) >= MOST_ADDRESSES
        told = f"{value} {words(value)}" if "=?" in value else value
        found += [*_ADDRESS.findall(told), *map("@".join, _QUOTED.findall(told))]
    for value in headers(message, *_ENVELOPE):
        if bare := _BARE.fullmatch(value.rpartition(" ")[2]):
            found.append(bare[1])
    for value in headers(message, "received"):
        found += _FOR.findall(value)
    return Recipients(found, crowded=crowded)


def _pattern(addresses: Iterable[str]) -> re.Pattern[str] | None:
    """Finds addresses whole, and the part before the @ where it is no word of all days."""
    whole: set[str] = set()
    for address in addresses:
        local, at, domain = address.rpartition("@")
        local = local if at else domain
        if at:
            whole.add(f"{re.escape(local)}(?:@|%40|=40){re.escape(domain)}")
        if len(local) >= _TELLING:
            whole.add(re.escape(local))
        elif len(local) >= _LEAST:
            whole.add(f"(?<![A-Za-z0-9]){re.escape(local)}(?![A-Za-z0-9])")
    longest = sorted(whole, key=lambda each: (-len(each), each))
    return re.compile("|".join(longest), re.IGNORECASE) if longest else None


def _unquoted(text: str) -> str:
    return unquote(unquote(text)) if "%" in text else text


def _decoded(token: str) -> Iterator[str]:
    """What a word says if it is hexadecimal, or base64 that begins somewhere near its beginning."""
    with contextlib.suppress(ValueError):
        yield bytes.fromhex(token).decode("latin-1")
    letters = token.rstrip("=").replace("-", "+").replace("_", "/")
    for begin in range(min(4, len(letters))):
        piece = letters[begin:]
        piece = piece[:-1] if len(piece) % 4 == 1 else piece
        try:
            data = binascii.a2b_base64(piece + "=" * (-len(piece) % 4))
        except (ValueError, binascii.Error):
            continue
        yield data.decode("latin-1")
