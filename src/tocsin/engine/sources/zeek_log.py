"""Zeek's logs as it writes them by itself: cells between tabs, whose names stand above them.

Form: the lines `#separator`, `#set_separator`, `#empty_field`, `#unset_field`, `#fields` and
`#types` of Zeek's ASCII writer. After a log was rotated or a script changed, they come again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol

from tocsin.engine.sources.json_lines import fault_line, json_line

ZEEK: Final = "zeek"

_READ = 1 << 18
_MOST_LINE = 1 << 20
_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int = -1, /) -> bytes: ...


def zeek_lines(content: Readable) -> Iterator[bytes]:
    """The rows of a log as JSON objects by Zeek's names of fields; ValueError if it is no log."""
    log = _Log()
    for line in _lines(content):
        yield log.line(line)


class _Log:
    """What the lines above the rows say of them."""

    def __init__(self) -> None:
        self._begun = False
        self._separator = "\t"
        self._between = ","
        self._empty = "(empty)"
        self._unset = "-"
        self._fields: list[str] = []
        self._lists: frozenset[int] = frozenset()

    def line(self, raw: bytes) -> bytes:
        """One line of the log as one of ours."""
        text = raw.decode("utf-8", "surrogateescape").removesuffix("\r")
        if not self._begun:
            if not text.startswith("#separator "):
                raise ValueError("this is no log of Zeek's: it does not begin with #separator")
            self._begun = True
        if text.startswith("#"):
            self._said(text[1:])
            return b"\n"
        return self._row(text) if text else b"\n"

    def _said(self, text: str) -> None:
        if text.startswith("separator "):
            self._separator = _unescaped(text.partition(" ")[2]) or "\t"
            return
        word, *rest = text.split(self._separator)
        value = rest[0] if rest else ""
        if word == "set_separator":
            self._between = _unescaped(value) or ","
        elif word == "empty_field":
            self._empty = value
        elif word == "unset_field":
            self._unset = value
        elif word == "fields":
            self._fields = rest
        elif word == "types":
            several = ("set[", "vector[")
            self._lists = frozenset(n for n, kind in enumerate(rest) if kind.startswith(several))

    def _row(self, text: str) -> bytes:
        cells = text.split(self._separator)
        if not self._fields:
            return fault_line("no line #fields stands above it")
        if len(cells) != len(self._fields):
            return fault_line(f"it has {len(cells)} cells, and #fields {len(self._fields)}")
        return json_line(
            {
                name: self._value(number, cell)
                for number, (name, cell) in enumerate(zip(self._fields, cells, strict=True))
                if cell not in (self._unset, "")
            }
        )

    def _value(self, number: int, cell: str) -> object:
        if number not in self._lists:
            return "" if cell == self._empty else _unescaped(cell)
        return (
            [] if cell == self._empty else [_unescaped(each) for each in cell.split(self._between)]
        )


def _unescaped(text: str) -> str:
    """With what is written as `\\x09`; bytes that are no UTF-8 are replaced."""
    if "\\x" in text:
        text = _ESCAPED.sub(
            lambda found: (
                chr(0xDC00 + int(found[1], 16))
                if int(found[1], 16) > 127
                else chr(int(found[1], 16))
            ),
            text,
        )
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _lines(content: Readable) -> Iterator[bytes]:
    """The lines without their ends; one that is far too long is cut, and no row then."""
    rest = b""
    while data := content.read(_READ):
        *whole, rest = (rest + data).split(b"\n")
        yield from whole
        if len(rest) > _MOST_LINE:
            raise ValueError(f"a line is longer than {_MOST_LINE} bytes")
    if rest:
        yield rest
