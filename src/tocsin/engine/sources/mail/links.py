"""URLs in texts and in HTML, as a reader's program would follow them."""

from __future__ import annotations

import html
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from tocsin.engine.sources.mail.hops import plain_address

MOST_URL: Final = 1_000
"""Characters of a URL that are kept; a message with as many links as are kept, each of this length
and of letters of four bytes, is a row that may still be taken apart (`taking_apart.MOST_BYTES`)."""

_PORTS = {"http": "80", "https": "443", "ftp": "21"}
_PLAIN = re.compile(r"(?:https?|ftp)://[^\s<>\"'`{}|\\^]{1,4000}", re.IGNORECASE)
_IN_ANGLES = re.compile(r"<(?:url:)?\s*((?:https?|ftp)://[^<>]{1,4000})>", re.IGNORECASE)
_TAG = re.compile(r"<(?P<name>[a-z]{1,10})\s(?P<rest>[^<>]{1,8000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"\b(?:href|src|action|background)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^<>]{0,8000}>")
_HOST_IN_WORDS = re.compile(
    r"(?:https?://)?(?P<host>(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})(?:[/:?#]\S*)?", re.IGNORECASE
)
_BLANK = re.compile(r"[\s\x00-\x20\x7f]+")
_NUMBER = re.compile(r"0x[0-9a-f]{1,8}|0[0-7]{1,11}|[1-9]\d{0,9}|0", re.IGNORECASE)
_SHOWN = 500
_AFTER = ".,;:!?)]}'*"


@dataclass(frozen=True, slots=True)
class Link:
    """A URL: scheme, host as a name or address, what follows; and the host it pretends to have."""

    scheme: str
    host: str
    address: str
    port: str
    rest: str
    pretends: str = ""


def links_in_text(text: str) -> Iterator[Link]:
    """Those of plain text; one between angle brackets may be wrapped."""
    for found in _IN_ANGLES.finditer(text):
        yield from _link(_BLANK.sub("", found[1]))
    for found in _PLAIN.finditer(_IN_ANGLES.sub(" ", text)):
        yield from _link(found[0].rstrip(_AFTER))


def links_in_html(text: str) -> Iterator[Link]:
    """Those of attributes and of words, with what the words of a link pretend."""
    for tag in _TAG.finditer(text):
        shown = ""
        if tag["name"].lower() == "a":
            shown = text[tag.end() : tag.end() + _SHOWN].lower().partition("</a")[0]
        for values in _ATTRIBUTE.findall(tag["rest"]):
            # Programs take line ends and tabs out of addresses.
            url = re.sub(r"[\t\r\n]", "", html.unescape("".join(values)).strip())
            yield from _link(url, shown)
    yield from links_in_text(html.unescape(_ANY_TAG.sub(" ", text)))


def _link(url: str, shown: str = "") -> Iterator[Link]:
    try:
        parts = urlsplit(url.replace("\\", "/"))
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError:
        return
    if scheme not in _PORTS or not host:
        return
    address = plain_address(host) or _written_otherwise(host)
    before = parts.netloc.rpartition("@")[0]
    link = Link(
        scheme=scheme,
        host=address or host.rstrip("."),
        address=address,
        port=str(port or _PORTS[scheme]),
        rest=urlunsplit(("", "", parts.path, parts.query, parts.fragment))[:MOST_URL],
        pretends=_pretended(host, before, html.unescape(_ANY_TAG.sub("", shown))),
    )
    yield link


def shown_url(link: Link, rest: str, host: str) -> str:
    """The URL, without a user's name, its host written plainly."""
    place = f"[{host}]" if ":" in link.address else host
    port = "" if link.port == _PORTS[link.scheme] else f":{link.port}"
    return f"{link.scheme}://{place}{port}{rest}"[:MOST_URL]


def _pretended(host: str, before: str, words: str) -> str:
    """The host that the words of a link, or what stands before its @, make a reader believe in."""
    for said in (words.strip(), before):
        found = _HOST_IN_WORDS.fullmatch(said)
        if found is None:
            continue
        told = found["host"].lower().removeprefix("www.")
        real = host.lower().removeprefix("www.")
        if told != real and not told.endswith(f".{real}") and not real.endswith(f".{told}"):
            return told
    return ""


def _written_otherwise(host: str) -> str:
    """An IPv4 address of one to four numbers, also octal and hexadecimal, as browsers take it."""
    numbers = host.rstrip(".").split(".")
    if len(numbers) > 4 or not all(map(_NUMBER.fullmatch, numbers)):
        return ""
    values = [_value(number) for number in numbers]
    *single, last = values
    if any(value > 255 for value in single) or last >= 256 ** (4 - len(single)):
        return ""
    whole = last + sum(value << (8 * (3 - place)) for place, value in enumerate(single))
    return str(ipaddress.IPv4Address(whole))


def _value(number: str) -> int:
    if number[:2].lower() == "0x":
        return int(number, 16)
    return int(number, 8) if number.startswith("0") else int(number)
