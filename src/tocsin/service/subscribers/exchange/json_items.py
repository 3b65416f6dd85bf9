"""The objects of a JSON list, one after the other, in bounded memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from tocsin.model.errors import InputError
from tocsin.service.subscribers.abuse_contacts.reading.lines import opened

_CHUNK = 1 << 20
MOST_CHARACTERS = 32 << 20
"""Of one object; a longer one is not read."""

_BLANKS = re.compile(r"[\s,]*")
_SCALAR = r'"[^"\\]*"\s*:\s*(?:"[^"\\]*"|[-\d.]+|true|false|null)\s*,\s*'
_LIST_OF_A_FILE = re.compile(
    rf'\{{\s*(?:{_SCALAR})*"(?:organisations|organizations|orgs|groups|data)"\s*:\s*(?=\[)'
)
"""An object that has its list under one of these names; what stands before is short."""


def items_of(path: Path) -> Iterator[tuple[int, object]]:
    """The entries of the list in the file, each with the line on which it begins.

    The list is the whole file, or stands in an object under a name such as `organisations`. A file
    of objects one after the other is read as well. InputError if it is none of these, or breaks
    off.
    """
    with opened(path) as stream:
        text = _Text(path, stream)
        text.fill()
        text.skip()
        if found := _LIST_OF_A_FILE.match(text.buffer):
            text.take(found.end())
        in_list = text.peek() == "["
        if in_list:
            text.take(1)
        while True:
            first = text.skip()
            if (in_list and first == "]") or (not in_list and not first):
                return
            if not first:
                raise InputError(
                    "the file breaks off in the middle of the list",
                    where=str(path),
                    line=text.line,
                    todo="write or fetch it once more",
                )
            line = text.line
            yield line, text.value()


class _Text:
    """The text that has been read and not been taken yet."""

    def __init__(self, path: Path, stream: TextIO) -> None:
        self._path = path
        self._stream = stream
        self._decoder = json.JSONDecoder()
        self.buffer = ""
        self.line = 1

    def fill(self) -> bool:
        """Read more; False at the end."""
        more = self._stream.read(_CHUNK)
        self.buffer += more
        return bool(more)

    def peek(self) -> str:
        return self.buffer[:1]

    def take(self, count: int) -> None:
        self.line += self.buffer.count("\n", 0, count)
        self.buffer = self.buffer[count:]

    def skip(self) -> str:
        """Pass blanks and commas over; what comes then, nothing at the end."""
        while True:
            found = _BLANKS.match(self.buffer)
            self.take(found.end() if found else 0)
            if self.buffer or not self.fill():
                return self.peek()

    def value(self) -> object:
        while True:
            try:
                value, end = self._decoder.raw_decode(self.buffer)
            except ValueError as error:
                if len(self.buffer) < MOST_CHARACTERS and self.fill():
                    continue
                raise InputError(
                    f"this is no JSON: {error}",
                    where=str(self._path),
                    line=self.line,
                    todo="mend the file; nothing has been changed",
                ) from None
            except RecursionError:
                raise InputError(
                    "this is nested deeper than anything that is meant",
                    where=str(self._path),
                    line=self.line,
                    todo="mend the file; nothing has been changed",
                ) from None
            self.take(end)
            return value
