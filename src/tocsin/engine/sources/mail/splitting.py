"""One message after the other, out of an mbox or a file that is a single message.

Form: mbox as RFC 4155 and mboxrd have it, each message after a line `From SENDER DATE` that follows
an empty line, with `>` before such lines within messages. What does not begin so is one message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

MOST_BYTES: Final = 1 << 24
"""A longer message is not read; mail systems seldom let one through."""

_READ = 1 << 18
_BOM = b"\xef\xbb\xbf"
_BEGIN = re.compile(rb"From \S{0,998}[ \t].{0,100}\d:\d\d.{0,60}\d{4}")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_EMPTY = (b"\n", b"\r\n")


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """A message as it stands, None where it is too long; and how many lines it took."""

    data: bytes | None
    lines: int
    alone: bool = False


def pieces(content: Readable) -> Iterator[Piece]:
    """The messages of a content, one in memory at a time."""
    first = content.read(_READ).removeprefix(_BOM)
    if first.startswith(b"From "):
        yield from _of_mbox(first, content)
        return
    data = first + (content.read(MOST_BYTES + 1 - len(first)) if len(first) == _READ else b"")
    if data:
        yield Piece(data if len(data) <= MOST_BYTES else None, 1, alone=True)


def _of_mbox(first: bytes, content: Readable) -> Iterator[Piece]:
    gathered = _Gathered()
    after_empty = True
    for line in _lines(first, content):
        if after_empty and line.startswith(b"From ") and _BEGIN.match(line):
            if gathered.lines:
                yield gathered.piece()
            gathered = _Gathered()
            gathered.lines = 1
        else:
            gathered.add(line)
        after_empty = line in _EMPTY
    yield gathered.piece()


class _Gathered:
    """The bytes of one message, until they are too many."""

    def __init__(self) -> None:
        self.lines = 0
        self._data = bytearray()
        self._bytes = 0
        self._last_is_empty = False

    def add(self, line: bytes) -> None:
        self.lines += line.endswith(b"\n")
        self._bytes += len(line)
        self._last_is_empty = line in _EMPTY
        if self._bytes <= MOST_BYTES:
            self._data += line
        else:
            self._data.clear()

    def piece(self) -> Piece:
        if self._bytes > MOST_BYTES:
            return Piece(None, max(self.lines, 1))
        if self._last_is_empty:
            del self._data[-2 if self._data.endswith(b"\r\n") else -1 :]
        return Piece(_QUOTED.sub(rb"\1", bytes(self._data)), max(self.lines, 1))


def _lines(first: bytes, content: Readable) -> Iterator[bytes]:
    """Lines with their ends; of one that is far too long, parts without."""
    rest, data = b"", first
    while data:
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(rest) > _READ:
            yield rest
            rest = b""
        data = content.read(_READ)
    if rest:
        yield rest
