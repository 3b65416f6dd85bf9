"""A record of ARIN's bulk whois data: a network, AS numbers, an organisation or a contact.

ARIN gives its data in two forms, text and XML, of which the text is made from the XML by a
stylesheet that is in the archive. So the labels of the text are the common form here: what the
stylesheet writes of an element is under the label that it writes it under.

Sources of the facts: ARIN's page "Bulk Whois Data", part "Report Content" (elements of the XML,
codes of net types, `netBlocks` being contiguous); its read-me (files in the archive); its
stylesheet (labels of the text, the function `AB` of a contact for abuse, `Source` at the end of
every record); the tests of the RIPE NCC's whois server, which takes the text in (blank lines
between records, `ASNumber: 64496 - 64499`). Programs that read the data say further that addresses
in a `netBlock` have leading zeros, and that the last address of an IPv6 range may have lost its
second colon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tocsin.model.errors import Problem
from tocsin.service.subscribers.abuse_contacts.reading.lines import PassedOver
from tocsin.service.subscribers.abuse_contacts.reading.ranges import Span, merged, span_of
from tocsin.service.subscribers.values import NetworkKind, network_value
from tocsin.service.texts import harmless


class Kind(StrEnum):
    """What a record is of."""

    NETWORK = "network"
    NUMBERS = "AS numbers"
    ORGANISATION = "organisation"
    CONTACT = "contact"


HANDLES = {
    "nethandle": Kind.NETWORK,
    "v6nethandle": Kind.NETWORK,
    "ashandle": Kind.NUMBERS,
    "orgid": Kind.ORGANISATION,
    "pochandle": Kind.CONTACT,
}
"""The label that begins a record of each kind, in small letters as all labels here."""

WANTED = frozenset(
    (
        *HANDLES, "parent", "netname", "netrange", "nettype", "asname", "asnumber", "orgname",
        "country", "abusehandle", "orgabusehandle", "mailbox", "source",
    )
)  # fmt: skip
"""The labels that are kept of a record."""

MOST_VALUES = 200
"""Values of one label in a record; an honest one has a few."""

LONGEST_VALUE = 1_000
"""Characters; of a longer value the beginning is kept."""

HELD = frozenset({"allocation", "assignment", "reallocation", "reassignment"})
"""Net types of networks that somebody holds; others are the registry's stock or another's."""

REGISTRIES = frozenset({"AFRINIC", "APNIC", "ARIN", "IANA", "LACNIC", "RIPE"})
"""OrgIDs that hold what is registered elsewhere, or nowhere."""

_MOST_NUMBERS = 1_000
_TODO = "tell the registry; passed over"

Fields = Mapping[str, list[str]]
"""Values by label."""


@dataclass(frozen=True, slots=True)
class Record:
    """Handles are in capitals, texts harmless. Which fields are set hangs on the kind.

    spans: addresses of a network, merged. numbers: first and last AS number. abuse: handles of the
    record's own contacts for abuse. mailboxes: of a contact, as they are written.
    """

    kind: Kind
    line: int
    handle: str
    name: str = ""
    spans: tuple[Span, ...] = ()
    numbers: tuple[int, int] = (0, 0)
    is_held: bool = True
    organisation: str = ""
    parent: str = ""
    country: str = ""
    abuse: tuple[str, ...] = ()
    mailboxes: tuple[str, ...] = ()


Item = Record | Problem | PassedOver
"""What a record in a file is read as."""


def record_of(place: str, line: int, kind: Kind, fields: Fields) -> Record | Problem:
    """The record, or why it is refused. `line`: where it begins in the file that `place` names."""
    try:
        if any(len(values) > MOST_VALUES for values in fields.values()):
            raise ValueError(f"a record with more than {MOST_VALUES} values of one label")
        return _MAKERS[kind](line, fields)
    except ValueError as error:
        return Problem(place, line, 0, harmless(str(error), 300), _TODO)


def _network(line: int, fields: Fields) -> Record:
    said = [each for each in fields.get("netrange", ()) if each.strip(" -")]
    if not said:
        raise ValueError("a network without NetRange")
    organisation = _handle(fields, "orgid")
    held = any(each.lower() in HELD for each in fields.get("nettype", ()))
    return Record(
        Kind.NETWORK,
        line,
        _named(fields, "nethandle", "v6nethandle"),
        name=_text(fields, "netname"),
        spans=merged(_span(each) for each in said),
        is_held=held and organisation not in REGISTRIES,
        organisation=organisation,
        parent=_handle(fields, "parent"),
        abuse=_handles(fields, "abusehandle"),
    )


def _numbers(line: int, fields: Fields) -> Record:
    begin, dash, end = _first(fields, "asnumber").partition("-")
    first, last = (
        int(network_value(NetworkKind.ASN, each).value) for each in (begin, end if dash else begin)
    )
    if not 0 <= last - first < _MOST_NUMBERS:
        raise ValueError(f"AS{first} to AS{last} is no range that anybody would register")
    organisation = _handle(fields, "orgid")
    return Record(
        Kind.NUMBERS,
        line,
        _named(fields, "ashandle"),
        name=_text(fields, "asname"),
        numbers=(first, last),
        is_held=organisation not in REGISTRIES,
        organisation=organisation,
        abuse=_handles(fields, "abusehandle"),
    )


def _organisation(line: int, fields: Fields) -> Record:
    if "netrange" in fields or "asnumber" in fields:
        raise ValueError("a network or AS numbers without a handle")
    return Record(
        Kind.ORGANISATION,
        line,
        _named(fields, "orgid"),
        name=_text(fields, "orgname"),
        country=_country(_first(fields, "country")),
        abuse=_handles(fields, "orgabusehandle"),
    )


def _contact(line: int, fields: Fields) -> Record:
    mailboxes = tuple(each for each in fields.get("mailbox", ()) if each)
    return Record(Kind.CONTACT, line, _named(fields, "pochandle"), mailboxes=mailboxes)


_MAKERS = {
    Kind.NETWORK: _network,
    Kind.NUMBERS: _numbers,
    Kind.ORGANISATION: _organisation,
    Kind.CONTACT: _contact,
}


def _first(fields: Fields, label: str) -> str:
    return next(iter(fields.get(label, ())), "")


def _text(fields: Fields, label: str) -> str:
    return harmless(_first(fields, label), 200)


def _handle(fields: Fields, label: str) -> str:
    return harmless(_first(fields, label), 80).upper()


def _named(fields: Fields, *labels: str) -> str:
    handle = next((found for label in labels if (found := _handle(fields, label))), "")
    if not handle:
        raise ValueError(f"a record without a handle ({labels[0]})")
    return handle


def _handles(fields: Fields, label: str) -> tuple[str, ...]:
    said = (harmless(each, 80).upper() for each in fields.get(label, ()))
    return tuple(dict.fromkeys(each for each in said if each))


def _country(said: str) -> str:
    try:
        return network_value(NetworkKind.COUNTRY, said).value
    except ValueError:
        return ""


def _span(said: str) -> Span:
    begin, dash, end = said.partition("-")
    if not dash:
        raise ValueError(f"{said!r} is no range of addresses")
    return span_of(_address(begin), _address(end))


def _address(said: str) -> str:
    text = said.strip()
    if ":" not in text:
        return ".".join(each.lstrip("0") or each[:1] for each in text.split("."))
    return f"{text}:" if text.endswith(":") and not text.endswith("::") else text
