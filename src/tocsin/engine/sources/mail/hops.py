"""What a Received header says of the machine that connected, as mail servers write it.

Forms: Postfix, Sendmail and Gmail `from HELO (NAME [ADDRESS])`, Exim `from NAME ([ADDRESS]
helo=HELO)` and `from [ADDRESS] (helo=HELO)`, qmail `from NAME (HELO NAME) (USER@ADDRESS)`, Exchange
`from HELO (ADDRESS)`. Whoever connects chooses HELO, and the name behind `ident=`; the address is
never taken from there.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Final

MOST_HOPS: Final = 8

_FROM = re.compile(r"from\s(?P<from>.*?)\s?\bby\s+(?P<by>[^\s;()]+)", re.IGNORECASE)
_BY = re.compile(r"by\s+(?P<by>[^\s;()]+)", re.IGNORECASE)
_CLAIMED = re.compile(r"\b(?:helo|ehlo|ident|port)[= ](?P<value>[^\s()]*)", re.IGNORECASE)
_HELO = re.compile(r"\b[he]{2}lo[= ](?P<value>[^\s()]*)", re.IGNORECASE)
_BRACKETS = re.compile(r"(?P<name>[^\s\[\]()@]*)\s*\[(?P<within>[^\[\]]*)\](?::\d+)?")
_MOST_DATE = 100

Hop = dict[str, str]
"""`address`, `name`, `helo`, `by`, `date`; what is not said is not there."""


def hop_of(received: str) -> Hop:
    """One Received header, unfolded."""
    said, dated, date = received.rpartition(";")
    if not dated:
        said, date = date, ""
    found = _FROM.match(said) or _BY.match(said)
    if found is None:
        return {}
    begin = found.groupdict().get("from") or ""
    address, name = _connected(begin)
    helo = _HELO.search(begin)
    hop = {
        "address": address,
        "name": name,
        "helo": helo["value"] if helo else begin.partition(" ")[0],
        "by": found["by"],
        "date": moment(date),
    }
    return {key: value for key, value in hop.items() if value}


def moment(date: str) -> str:
    """A date of RFC 5322 in UTC, `2026-11-22T05:12:01Z`; "" if it is none."""
    try:
        found = parsedate_to_datetime(date.strip()[:_MOST_DATE])
        zoned = found.replace(tzinfo=found.tzinfo or dt.UTC).astimezone(dt.UTC)
    except (ValueError, TypeError, LookupError, OverflowError):
        return ""
    return f"{zoned:%Y-%m-%dT%H:%M:%SZ}" if zoned.year >= 1000 else ""


def plain_address(text: str) -> str:
    """An address as we write it, IPv4 within IPv6 as IPv4; "" if it is none."""
    try:
        found = ipaddress.ip_address(text.strip().lower().removeprefix("ipv6:"))
    except ValueError:
        return ""
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def _connected(begin: str) -> tuple[str, str]:
    """The address that connected, and its name if the server found one."""
    for comment in _comments(begin):
        told = _CLAIMED.sub(" ", comment).strip()
        if not told:
            continue
        inside = list(_BRACKETS.finditer(told))
        if not inside:
            return plain_address(told.rpartition("@")[2]), ""
        name = inside[-1]["name"].rstrip(".").lower()
        is_name = "." in name and not plain_address(name)
        return plain_address(inside[-1]["within"]), name if is_name else ""
    first = begin.partition(" ")[0]
    literal = _BRACKETS.fullmatch(first)
    return (plain_address(literal["within"]), "") if literal and not literal["name"] else ("", "")


def _comments(text: str) -> Iterator[str]:
    """What stands in brackets, outermost ones, those within them included."""
    depth = begin = 0
    for place, letter in enumerate(text):
        if letter == "(":
            depth += 1
            begin = place + 1 if depth == 1 else begin
        elif letter == ")" and depth:
            depth -= 1
            if not depth:
                yield text[begin:place]
