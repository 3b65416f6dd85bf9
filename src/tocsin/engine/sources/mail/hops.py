"""What a Received header says of the machine that connected, as mail servers write it.

Forms: Postfix, Sendmail and Gmail `from HELO (NAME [ADDRESS])`, Exim `from NAME ([ADDRESS]
helo=HELO)` and `from [ADDRESS] (helo=HELO)`, qmail `from NAME (HELO NAME) (USER@ADDRESS)`, Exchange
`from HELO (ADDRESS)`. Whoever connects chooses HELO, and the name behind `ident=`; the address is
never taken from there. Some servers let blanks and brackets stand in HELO, so that it may look like
all that follows it: where a header could be read in two ways, it names no address.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from email.utils import parsedate_to_datetime
from typing import Final

MOST_HOPS: Final = 8

# The last `by`: one before it may be a part of HELO.
_FROM = re.compile(r"from\s(?P<from>.*)\s?\bby\s+(?P<by>[^\s;()]+)", re.IGNORECASE)
_BY = re.compile(r"by\s+(?P<by>[^\s;()]+)", re.IGNORECASE)
_CLAIMED = re.compile(r"\b(?:helo|ehlo|ident|port)[= ](?P<value>[^\s()]*)", re.IGNORECASE)
_HELO = re.compile(r"\b[he]{2}lo[= ](?P<value>[^\s()]*)", re.IGNORECASE)
_BRACKETS = re.compile(r"(?P<name>[^\s\[\]()@]*)\s*\[(?P<within>[^\[\]]*)\](?::\d+)?")
_EXIM = re.compile(r"\[(?P<address>[^\[\]\s]+)\] \((?:helo|ident|port)=", re.IGNORECASE)
_QMAIL = re.compile(r"helo ", re.IGNORECASE)
_CONNECTED = re.compile(
    r"(?:[^\s\[\]()]+ ?)?\[[^\[\]]*\](?::\d+)?(?: \([^()]*\))*|(?:[^\s()@]*@)?[0-9A-Fa-f.:]+"
)
"""How a comment looks that tells a connection, and nothing else."""
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
    comments = _comments(begin)
    if comments is None:
        return "", ""
    if literal := _EXIM.match(begin):
        comments = [literal["address"], *comments[1:]]
    told = [_CLAIMED.sub(" ", each).strip() for each in comments if not _QMAIL.match(each)]
    first, *others = [each for each in told if each] or [_alone(begin)]
    address, name = _told(first)
    more = {_told(each)[0] for each in others if _CONNECTED.fullmatch(each)}
    return (address, name) if more <= {address} else ("", "")


def _alone(begin: str) -> str:
    """An address that stands without any comment."""
    literal = _BRACKETS.fullmatch(begin.partition(" ")[0])
    return literal["within"] if literal and not literal["name"] else ""


def _told(comment: str) -> tuple[str, str]:
    """Address and name of a comment; none where it names two."""
    inside = list(_BRACKETS.finditer(comment))
    if not inside:
        return plain_address(comment.rpartition("@")[2]), ""
    if len({each["within"] for each in inside}) > 1:
        return "", ""
    name = inside[0]["name"].rstrip(".").lower()
    is_name = "." in name and not plain_address(name)
    return plain_address(inside[0]["within"]), name if is_name else ""


def _comments(text: str) -> list[str] | None:
    """What stands in brackets, outermost ones, those within them included; None if one is open."""
    found: list[str] = []
    depth = begin = 0
    for place, letter in enumerate(text):
        if letter == "(":
            depth += 1
            begin = place + 1 if depth == 1 else begin
        elif letter == ")" and depth:
            depth -= 1
            if not depth:
                found.append(text[begin:place])
    return None if depth else found
