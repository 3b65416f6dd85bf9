"""ARIN's bulk whois data as XML: `bulkwhois` with `net`, `asn`, `org` and `poc`.

The document is read by expat as it comes. ARIN's has no DOCTYPE; one that has is refused, so that
nothing in it is ever expanded and no other file is opened.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Final
from xml.parsers import expat

from tocsin.model.errors import InputError
from tocsin.service.subscribers.abuse_contacts.reading.arin_record import (
    LONGEST_VALUE,
    MOST_VALUES,
    Item,
    Kind,
    record_of,
)
from tocsin.service.subscribers.abuse_contacts.reading.lines import PassedOver
from tocsin.service.texts import harmless

_READ = 1 << 16
_MOST_DEPTH = 24
_MOST_TAG = 1 << 22
_ROOT: Final = "bulkwhois"
_KINDS = {
    "net": Kind.NETWORK,
    "asn": Kind.NUMBERS,
    "org": Kind.ORGANISATION,
    "poc": Kind.CONTACT,
}
_ABUSE: Final = "AB"
_LABELS = {
    "net/handle": "nethandle",
    "net/name": "netname",
    "net/orgHandle": "orgid",
    "net/parentNetHandle": "parent",
    "net/startAddress": "first",
    "net/endAddress": "last",
    "net/netBlocks/netBlock/startAddress": "block first",
    "net/netBlocks/netBlock/endAddress": "block last",
    "net/netBlocks/netBlock/type": "nettype",
    "asn/handle": "ashandle",
    "asn/name": "asname",
    "asn/orgHandle": "orgid",
    "asn/startAsNumber": "first",
    "asn/endAsNumber": "last",
    "org/handle": "orgid",
    "org/name": "orgname",
    "org/iso3166-1/code2": "country",
    "poc/handle": "pochandle",
    "poc/emails/email": "mailbox",
}
_LINKS = {
    "net/pocLinks/pocLink": "abusehandle",
    "asn/pocLinks/pocLink": "abusehandle",
    "org/pocLinks/pocLink": "orgabusehandle",
}
_TYPES = {"DA": "allocation", "DS": "assignment", "A": "reallocation", "S": "reassignment"}
"""Codes of networks that somebody holds, and the stylesheet's words for them."""


def xml_records(stream: io.BufferedReader, place: str) -> Iterator[Item]:
    """The records of an XML file. InputError if it is no such document, or no whole one.

    Memory: one record, and what 64 KiB of the document hold.
    """
    document = _Document(place)
    while data := stream.read(_READ):
        yield from document.feed(data)
    document.end()


class _Document:
    def __init__(self, place: str) -> None:
        self._place = place
        self._parser = _parser(self)
        self._fed = 0
        self._path: list[str] = []
        self._line = 0
        self._fields: dict[str, list[str]] = {}
        self._label = ""
        self._text: list[str] = []
        self._length = 0
        self._out: list[Item] = []

    def feed(self, data: bytes) -> Iterator[Item]:
        """What more of the document holds."""
        self._fed += len(data)
        self._parse(data, last=False)
        if self._fed - self._parser.CurrentByteIndex > _MOST_TAG:
            raise self._wrong(f"a tag of more than {_MOST_TAG} bytes")
        yield from self._out
        self._out.clear()

    def end(self) -> None:
        """The content has ended."""
        self._parse(b"", last=True)

    def _parse(self, data: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            raise self._wrong(f"it is no whole XML: {expat.ErrorString(error.code)}") from error
        except (LookupError, ValueError) as error:  # of an encoding that expat does not know
            raise self._wrong(f"it cannot be read: {harmless(str(error), 200)}") from error

    def _wrong(self, what: str) -> InputError:
        line = self._parser.CurrentLineNumber
        todo = "fetch it once more; the same data come as text"
        return InputError(what, where=self._place, line=line, todo=todo)

    # --- what expat calls -----------------------------------------------------------------

    def doctype(self, *_: object) -> None:
        """ARIN's has none: whoever sends one means to define entities."""
        raise self._wrong("the document has a DOCTYPE, as ARIN's never has")

    def element(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins. Names are without their namespace."""
        local = name.rpartition(" ")[2]
        depth = len(self._path)
        if depth >= _MOST_DEPTH:
            raise self._wrong(f"more than {_MOST_DEPTH} elements within one another")
        if depth == 0 and local != _ROOT:
            raise self._wrong(f"it begins with <{harmless(local, 60)}> and not with <{_ROOT}>")
        self._path.append(local)
        if depth == 1:
            self._line, self._fields = self._parser.CurrentLineNumber, {}
        path = "/".join(self._path[1:])
        self._label, self._length = _LABELS.get(path, ""), 0
        self._text.clear()
        if attributes.get("function") == _ABUSE and path in _LINKS:
            self._keep(_LINKS[path], attributes.get("handle", ""))

    def text(self, data: str) -> None:
        """Text between elements; of one that is too long the beginning."""
        if self._label and self._length < LONGEST_VALUE:
            self._text.append(data)
            self._length += len(data)

    def ended(self, name: str) -> None:
        """An element ends."""
        if self._label:
            self._keep(self._label, "".join(self._text).strip()[:LONGEST_VALUE])
            self._label = ""
        path = "/".join(self._path[1:])
        self._path.pop()
        if path == "net/netBlocks/netBlock":
            self._span("block first", "block last")
        elif len(self._path) == 1:
            self._record(name.rpartition(" ")[2])

    # --- what is told ---------------------------------------------------------------------

    def _keep(self, label: str, value: str) -> None:
        values = self._fields.setdefault(label, [])
        if len(values) <= MOST_VALUES:
            values.append(_TYPES.get(value, "") if label == "nettype" else value)

    def _span(self, first: str, last: str, label: str = "netrange") -> None:
        begin, end = (" ".join(self._fields.pop(each, [])) for each in (first, last))
        self._keep(label, f"{begin} - {end}")

    def _record(self, name: str) -> None:
        kind = _KINDS.get(name)
        if kind is None:
            self._out.append(PassedOver.OTHER)
            return
        if kind is Kind.NUMBERS:
            self._span("first", "last", "asnumber")
        elif kind is Kind.NETWORK and "netrange" not in self._fields:
            self._span("first", "last")
        self._out.append(record_of(self._place, self._line, kind, self._fields))


def _parser(document: _Document) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = document.doctype
    parser.StartElementHandler = document.element
    parser.EndElementHandler = document.ended
    parser.CharacterDataHandler = document.text
    return parser
