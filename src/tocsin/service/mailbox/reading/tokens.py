"""Texts as tokens: words, marks, and the facts among them, each with where it stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from tocsin.service.subscribers.values import NetworkValue


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    MARK = "mark"
    STOP = "stop"
    """The end of a sentence: a full stop and the like."""
    BREAK = "break"
    """The end of a line; an empty line is two of them."""
    NUMBER = "number"
    ASN = "asn"
    PREFIX = "prefix"
    ADDRESS = "address"
    """A single address, which may be a network, or not."""
    DOMAIN = "domain"
    MAIL = "mail"
    LINK = "link"
    PHONE = "phone"
    FILE = "file"
    DATE = "date"
    CLOCK = "clock"
    IDENTIFIER = "identifier"
    """Words joined by underscores, as the names of report types are."""
    WRONG = "wrong"
    """Written like a network, and none."""


NETWORKS = frozenset((Kind.ASN, Kind.PREFIX))
SPACES = frozenset((Kind.MARK, Kind.STOP, Kind.BREAK))


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text. text: as written. start, end: where, in characters.

    networks: of ASN and PREFIX, several if a range was written; of ADDRESS the one of that address
    alone. value: canonical text of MAIL, DOMAIN, PHONE and ADDRESS, lower case of WORD. day, clock:
    of DATE and CLOCK. port: what followed an address after a colon.
    """

    kind: Kind
    text: str
    start: int
    end: int
    value: str = ""
    networks: tuple[NetworkValue, ...] = ()
    day: dt.date | None = None
    clock: dt.time | None = None
    port: int | None = None
