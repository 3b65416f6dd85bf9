"""DMARC aggregate reports (RFC 7489, appendix C): XML, read as it comes, without any DTD."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, cast
from xml.parsers import expat

from tocsin.engine.sources.json_lines import fault_line, json_line

MOST_XML: Final = 1 << 27
"""Bytes of one report, unpacked."""

_MOST_DEPTH = 20
_MOST_TEXT = 1_000
_MOST_CHILDREN = 100
_MOST_TAG = 1 << 20
"""Bytes of what is no text; expat begins anew at each part of a longer one."""
_ABOUT = ("report_metadata", "policy_published")
_RECORD = "record"
_ROOT = "feedback"

Node = dict[str, object]


class NoReportError(ValueError):
    """A document that is no report; says why."""


def report_rows(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The records of a report, each with what the report says of itself, as lines.

    What breaks off is one row that says so, after those before it.
    """
    reader = _Reader()
    read = 0
    try:
        for chunk in chunks:
            read += len(chunk)
            if read > MOST_XML:
                raise NoReportError(f"the report is longer than {MOST_XML} bytes")
            reader.feed(chunk)
            yield from reader.taken()
        reader.feed(b"", last=True)
        yield from reader.taken()
        if not reader.was_report:
            raise NoReportError("it has no element <feedback>")
    except (expat.ExpatError, ValueError) as error:
        yield from reader.taken()
        yield fault_line(f"the report cannot be read on: {error}")


class _Reader:
    def __init__(self) -> None:
        self.was_report = False
        self._fed = 0
        self._about: Node = {}
        self._rows: list[bytes] = []
        self._open: list[tuple[str, Node]] = []
        self._text: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._say

    def feed(self, data: bytes, *, last: bool = False) -> None:
        self._parser.Parse(data, last)
        self._fed += len(data)
        if self._fed - self._parser.CurrentByteIndex > _MOST_TAG:
            raise NoReportError(f"a tag or a comment is longer than {_MOST_TAG} bytes")

    def taken(self) -> list[bytes]:
        """The rows that are whole since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def _refuse(self, *_: object) -> None:
        raise NoReportError("it declares entities, which no report does")

    def _start(self, name: str, _: object) -> None:
        name = name.rpartition(":")[2].lower()
        if not self._open and name != _ROOT:
            raise NoReportError(f"it begins with <{name[:40]}>, not with <feedback>")
        self.was_report = True
        if len(self._open) >= _MOST_DEPTH:
            raise NoReportError(f"its elements lie deeper than {_MOST_DEPTH}")
        self._open.append((name, {}))
        self._text = []

    def _say(self, text: str) -> None:
        if sum(map(len, self._text)) < _MOST_TEXT:
            self._text.append(text[:_MOST_TEXT])

    def _end(self, _: str) -> None:
        name, node = self._open.pop()
        text = "".join(self._text).strip()[:_MOST_TEXT]
        self._text = []
        if len(self._open) == 1 and name == _RECORD:
            self._rows.append(json_line({**self._about, **node, "summary": _summary(node)}))
        elif len(self._open) == 1 and name in _ABOUT:
            self._about[name] = node
        elif len(self._open) > 1:
            _put(self._open[-1][1], name, node or text)


def _summary(record: Node) -> str:
    """What was found of which domain, in words: `DKIM fail, SPF fail for example.org`."""
    found = _child(_child(record, "row"), "policy_evaluated")
    domain = _child(record, "identifiers").get("header_from")
    told = [f"{name.upper()} {found.get(name) or 'unknown'}" for name in ("dkim", "spf")]
    return f"{', '.join(told)} for {domain or 'an unknown domain'}"[:_MOST_TEXT]


def _child(node: Node, name: str) -> Node:
    found = node.get(name)
    return cast("Node", found) if isinstance(found, dict) else {}


def _put(parent: Node, name: str, value: object) -> None:
    """One more child; several of a name are a list."""
    known = parent.get(name)
    if known is None:
        if len(parent) < _MOST_CHILDREN:
            parent[name] = value
    elif isinstance(known, list):
        if len(known) < _MOST_CHILDREN:
            known.append(value)
    else:
        parent[name] = [known, value]
