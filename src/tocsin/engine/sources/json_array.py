"""JSON that is one array, or an object of arrays, as a line for each of their items.

`[{...}, {...}]` and `{"17": [{...}], "18": [{...}]}`: lists that are fetched whole. What else
stands in the outer object (`"query_status": "ok"`) is about the list, and no row. An item of an
object of arrays has the key of its array as `json_key`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, Protocol

from tocsin.engine.sources.json_lines import blank_lines, fault_line

JSON_ARRAY: Final = "json-array"
KEY: Final = "json_key"

_READ = 1 << 18
_MOST_ITEM = 1 << 20
_MOST_JOINED = 1 << 23
_MOST_DEPTH = _MOST_ITEM
_BOM = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n"
_BETWEEN = re.compile(rb'[\[\]{}",:]')
_WITHIN = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+")*+')
"""What of an item ends nothing: all but brackets, and strings that end in this part."""
_IN_STRING = re.compile(rb'["\\]')
_LINE_ENDS = re.compile(rb"[\r\n]+")
_CLOSES = {ord("{"): ord("}"), ord("["): ord("]")}
_COMMA, _COLON, _QUOTE, _BACKSLASH, _LIST = (ord(mark) for mark in ',:"\\[')


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int = -1, /) -> bytes: ...


def json_array_lines(content: Readable) -> Iterator[bytes]:
    """The items of the arrays as lines; ValueError for what is no such JSON, or is cut off.

    An item has the number of the line on which it begins, or the next that is free where several
    stand on one line. What is no JSON within an item is left to whoever reads the line.
    """
    items = _Items()
    while data := content.read(_READ):
        yield from items.add(data)
    items.end()


class _Items:
    """Cuts a text into the items of its arrays, mark by mark; keeps one item at most."""

    def __init__(self) -> None:
        self._open = bytearray()
        """The brackets that are open, from the outside in."""
        self._base = 0
        """How many brackets are open around an item; 0 outside of the arrays."""
        self._item = bytearray()
        self._too_long = False
        self._in_string = self._escaped = False
        self._key = b""
        self._arrays = 0
        self._begun = False
        self._line = self._begins_at = 1
        self._told = 0
        self._out: list[bytes] = []

    def add(self, data: bytes) -> list[bytes]:
        """The lines of all items that this part ends."""
        if not self._begun:
            data = data.removeprefix(_BOM)
        place = 0
        while place < len(data):
            place = self._step(data, place)
        out, self._out = self._out, []
        # Blank lines may be more than memory holds at once; all else is little.
        return out if sum(map(len, out)) > _MOST_JOINED else [b"".join(out)]

    def end(self) -> None:
        """See whether the content has ended as it should."""
        if not self._begun:
            raise ValueError("this is no JSON array: no bracket begins it")
        if self._open:
            raise ValueError(f"line {self._line}: it ends within the array; fetch it again")
        if not self._arrays:
            raise ValueError("this is no JSON array, but an object in which no array stands")

    def _step(self, data: bytes, place: int) -> int:
        """Go on to behind the next mark; the place there."""
        if self._escaped:
            self._take(data[place : place + 1])
            self._escaped = False
            return place + 1
        end = self._next(data, place)
        if end > place:
            self._take(data[place:end])
        if end == len(data):
            return end
        self._mark(data[end])
        return end + 1

    def _next(self, data: bytes, place: int) -> int:
        """Where the next mark stands, or the end of this part."""
        if self._base and len(self._open) > self._base and not self._in_string:
            found = _WITHIN.match(data, place)
            return found.end() if found else place
        marks = (_IN_STRING if self._in_string else _BETWEEN).search(data, place)
        return marks.start() if marks else len(data)

    def _mark(self, mark: int) -> None:
        if self._in_string:
            self._take(bytes([mark]))
            self._escaped = mark == _BACKSLASH
            self._in_string = self._escaped
        elif mark in _CLOSES:
            self._opens(mark)
        elif mark in _CLOSES.values():
            self._closes(mark)
        elif mark == _COMMA and self._base and len(self._open) == self._base:
            self._flush()
        elif not self._base and len(self._open) == 1 and mark in (_COMMA, _COLON):
            self._key = bytes(self._item.strip(_BLANKS)) if mark == _COLON else b""
            self._forget()
        else:
            self._take(bytes([mark]))
            self._in_string = mark == _QUOTE

    def _opens(self, mark: int) -> None:
        if not self._begun:
            if self._item:
                raise ValueError("this is no JSON array: something stands before its bracket")
            self._begun = True
            self._base = 1 if mark == _LIST else 0
            self._arrays = self._base
        elif not self._base and len(self._open) == 1 and mark == _LIST:
            self._base = 2
            self._arrays += 1
            self._forget()
        else:
            self._take(bytes([mark]))
        if len(self._open) >= _MOST_DEPTH:
            raise ValueError(f"line {self._line}: more than {_MOST_DEPTH} brackets are open")
        self._open.append(mark)

    def _closes(self, mark: int) -> None:
        if not self._open or _CLOSES[self._open[-1]] != mark:
            raise ValueError(f"line {self._line}: a bracket is closed that is not open")
        self._open.pop()
        if self._base and len(self._open) < self._base:
            self._flush()
            self._base = 0
        elif not self._open:
            self._forget()
        else:
            self._take(bytes([mark]))

    def _take(self, part: bytes) -> None:
        if not self._item and not self._too_long:
            lead = len(part) - len(part.lstrip(_BLANKS))
            self._line += part[:lead].count(b"\n")
            part = part[lead:]
            self._begins_at = self._line
        self._line += part.count(b"\n")
        if part and self._begun and not self._open:
            raise ValueError(f"line {self._line}: something stands behind the end of the array")
        if len(self._item) + len(part) > _MOST_ITEM:
            self._too_long = True
            self._item.clear()
        elif not self._too_long:
            self._item += part

    def _flush(self) -> None:
        """The item that has ended, as a line of its own."""
        item = _LINE_ENDS.sub(b" ", bytes(self._item.strip(_BLANKS)))
        if self._too_long:
            self._say(fault_line(f"an item is longer than {_MOST_ITEM} bytes", lines=0))
        elif item:
            self._say(self._with_key(item) if self._base > 1 else item)
        self._forget()

    def _forget(self) -> None:
        self._item.clear()
        self._too_long = False

    def _with_key(self, item: bytes) -> bytes:
        if not item.startswith(b"{") or not _is_text(self._key):
            return item
        rest = item[1:].lstrip(_BLANKS)
        comma = b"" if rest.startswith(b"}") else b","
        return b'{"' + KEY.encode() + b'":' + self._key + comma + rest

    def _say(self, row: bytes) -> None:
        blank = max(self._begins_at - 1 - self._told, 0)
        self._out += blank_lines(blank)
        self._out.append(row + b"\n")
        self._told += blank + 1


def _is_text(key: bytes) -> bool:
    try:
        return isinstance(json.loads(key), str)
    except ValueError:
        return False
