"""Results of nmap in its XML: each open port of a host is a row.

Form: nmap's DTD, `nmaprun` with `host`, in it `address`, `hostnames`, `ports` and `os`. A host is
told when its element ends, so that of a file which is still being written, or which was cut off
when nmap was stopped, the hosts that are whole are there.

The document is read by expat as it comes. Nothing in it is expanded, and no other file is opened; a
host that is too large, and a tag that does not end, are told and left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Protocol
from xml.parsers import expat

from tocsin.engine.sources.json_lines import blank_lines, fault_line, json_line
from tocsin.engine.sources.nmap_host import NmapHost

NMAP: Final = "nmap"

_READ = 1 << 16
_MOST_DEPTH = 24
_MOST_TAG = 1 << 22
_NO_DOCUMENT = "this is no result of nmap's: it is no XML document"
_NO_END = 3
"""Expat's code for a document that ends before its first element does."""


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int = -1, /) -> bytes: ...


def nmap_lines(content: Readable) -> Iterator[bytes]:
    """The open ports as JSON objects by nmap's names; ValueError if it is no such document."""
    document = _Document()
    while data := content.read(_READ):
        document.feed(data)
        yield from document.lines()
    document.end()
    yield from document.lines()


class _Document:
    def __init__(self) -> None:
        self._parser = _parser(self)
        self._fed = 0
        self._depth = 0
        self._begun = self._broken = False
        self._start = ""
        self._host: NmapHost | None = None
        self._written = 0
        self._out: list[bytes] = []

    def lines(self) -> Iterator[bytes]:
        """What there is to tell since the last time."""
        yield from self._out
        self._out.clear()

    def feed(self, data: bytes) -> None:
        """More of the document; after a mistake the rest is passed over."""
        if self._broken:
            return
        self._fed += len(data)
        try:
            self._parser.Parse(data, False)
        except expat.ExpatError as error:
            self._break(f"from here on it is no XML: {expat.ErrorString(error.code)}", error.lineno)
            return
        if self._fed - self._parser.CurrentByteIndex > _MOST_TAG:
            where = self._parser.CurrentLineNumber
            self._break(
                f"from here on nothing is read: a tag of more than {_MOST_TAG} bytes", where
            )

    def end(self) -> None:
        """The content has ended."""
        if self._broken or not self._fed:
            return
        try:
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            if self._host is not None:
                self._fault(f"the file ends within the host {self._host.name}", self._host.line)
            elif not self._begun:
                raise ValueError(_NO_DOCUMENT) from error
            elif error.code != _NO_END:
                self._fault("the file ends within a tag", error.lineno)

    # --- what expat calls -----------------------------------------------------------------

    def doctype(self, _name: str, _system: str | None, _public: str | None, within: int) -> None:
        """nmap's own says nothing but its name."""
        if within:
            raise ValueError("it declares entities or elements of its own, as nmap never does")

    def element(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if not self._begun:
            if name != "nmaprun":
                raise ValueError(f"this is no result of nmap's: it begins with <{name[:60]}>")
            self._begun, self._start = True, attributes.get("start", "")
        elif self._depth == 2 and name == "host":
            self._host = NmapHost(attributes, self._parser.CurrentLineNumber, self._start)
        elif self._host is not None:
            if self._depth > _MOST_DEPTH:
                self._host.give_up(f"more than {_MOST_DEPTH} elements within one another")
            self._host.element(name, attributes, self._parser.CurrentLineNumber)

    def text(self, data: str) -> None:
        """Text between elements."""
        if self._host is not None:
            self._host.text(data)

    def ended(self, name: str) -> None:
        """An element ends."""
        self._depth -= 1
        if self._host is None:
            return
        if self._depth > 1:
            self._host.ended(name)
            return
        host, self._host = self._host, None
        if host.fault:
            self._fault(f"the host {host.name}: {host.fault}", host.line, lines=1)
        else:
            for line, row in host.rows():
                self._tell(line, json_line(row), 1)

    # --- what is told ---------------------------------------------------------------------

    def _break(self, why: str, line: int) -> None:
        if not self._begun:
            raise ValueError(_NO_DOCUMENT)
        self._broken = True
        self._fault(why, line, lines=1)

    def _fault(self, why: str, line: int, lines: int = 0) -> None:
        """A row that cannot be read. Without a line end it may still become another one."""
        self._tell(line, fault_line(why, lines), lines)

    def _tell(self, line: int, told: bytes, lines: int) -> None:
        """A row at the line on which it begins; where several begin there, below each other."""
        blank = max(line - 1 - self._written, 0)
        self._out += blank_lines(blank)
        self._out.append(told)
        self._written += blank + lines


def _parser(document: _Document) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = document.doctype
    parser.StartElementHandler = document.element
    parser.EndElementHandler = document.ended
    parser.CharacterDataHandler = document.text
    return parser
