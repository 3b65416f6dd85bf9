"""Macros in SPF records: parts of a name that hang on the mail (RFC 7208, section 7)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import quote

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PIECE = re.compile(
    r"%\{(?P<letter>[A-Za-z])(?P<last>[0-9]{0,3})(?P<turned>[rR]?)(?P<cuts>[.\-+,/_=]*)\}"
    r"|%(?P<sign>[%_-])"
    r"|(?P<plain>[!-$&-~]+)"
)
_SIGNS = {"%": "%", "_": " ", "-": "%20"}
_KNOWN = frozenset("slodiphv")
"""Those that a domain may hold; `c`, `r` and `t` belong to explanations alone."""

_OF_SENDER = frozenset("sloh")
_LONGEST_NAME = 253


class Undecided(Exception):
    """The record holds something that depends on more than domain and address."""


class Broken(Exception):
    """A receiver calls it an error (`permerror`), and takes it as no record or worse."""


def macro_values(address: Address, domain: str, sender: str | None, helo: str) -> Mapping[str, str]:
    """What each letter stands for. sender: None if the question is about no single mail."""
    values = {
        "d": domain,
        "i": _dotted(address),
        "v": "in-addr" if address.version == 4 else "ip6",
        # The name of the address is never looked up: RFC 7208 says not to use it.
        "p": "unknown",
    }
    if sender is not None:
        local, _, of_sender = sender.rpartition("@")
        values |= {"s": sender, "l": local, "o": of_sender, "h": helo}
    return values


def check_macros(text: str) -> None:
    """Broken if a text is not written as the RFC wants it."""
    _pieces(text)


def expanded(text: str, values: Mapping[str, str]) -> str:
    """The name that a text stands for. Broken, or Undecided if a value is missing."""
    name = "".join(_said(each, values) for each in _pieces(text)).rstrip(".")
    while len(name) > _LONGEST_NAME:
        # Of a name that is too long its beginning goes, label by label.
        name = name.partition(".")[2] or name[-_LONGEST_NAME:]
    return name


def _pieces(text: str) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None or not _is_right(piece):
            raise Broken(f"{text} holds a macro that there is not")
        found.append(piece)
        at = piece.end()
    return found


def _is_right(piece: re.Match[str]) -> bool:
    if piece["letter"] is None:
        return True
    return piece["letter"].lower() in _KNOWN and (not piece["last"] or int(piece["last"]) > 0)


def _said(piece: re.Match[str], values: Mapping[str, str]) -> str:
    if piece["plain"] is not None:
        return piece["plain"]
    if piece["sign"] is not None:
        return _SIGNS[piece["sign"]]
    letter = piece["letter"].lower()
    if letter in _OF_SENDER and letter not in values:
        raise Undecided(piece[0])
    parts = re.split(f"[{re.escape(piece['cuts'] or '.')}]", values[letter])
    if piece["turned"]:
        parts.reverse()
    if piece["last"]:
        parts = parts[-int(piece["last"]) :]
    said = ".".join(parts)
    return quote(said, safe="") if piece["letter"].isupper() else said


def _dotted(address: Address) -> str:
    if address.version == 4:
        return str(address)
    return ".".join(address.exploded.replace(":", ""))
