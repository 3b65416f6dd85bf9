"""Formats that are rewritten as one JSON object a line while they are read, before all else.

A rewriter turns a stream of any content into lines. Each line of its own stands for one row; a row
that takes several lines of the content is followed by blank ones, so that a row has the number of
the line on which it begins. What cannot be read as a row is a line that `fault_line` makes. Ids,
slices and beginnings that are known are those of the lines: a rewriter says the same of the same
content for ever, and never changes what it said when more is appended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Protocol, Self

from tocsin.engine.sources.access_log import ACCESS_LOG, access_log_lines
from tocsin.engine.sources.json_array import JSON_ARRAY, json_array_lines
from tocsin.engine.sources.zeek_log import ZEEK, zeek_lines
from tocsin.model.errors import InputError


class Stream(Protocol):
    """A content as it is read."""

    def read(self, size: int = -1, /) -> bytes: ...

    def read1(self, size: int = -1, /) -> bytes: ...

    def close(self) -> None: ...


Rewriter = Callable[[Stream], Iterator[bytes]]
"""Gives lines with their line ends, any number at once. Raises ValueError for what is no such
content; it says what, in words."""

REWRITERS: Final[Mapping[str, Rewriter]] = MappingProxyType(
    {
        ACCESS_LOG: access_log_lines,
        JSON_ARRAY: json_array_lines,
        ZEEK: zeek_lines,
    }
)
"""By the name of the format; catalogue/reading.py lists them too."""


class Rewritten:
    """A content as the lines that its rewriter makes of it."""

    def __init__(self, content: Stream, rewriter: Rewriter, place: str) -> None:
        self._content = content
        self._lines = rewriter(content)
        self._place = place
        self._left = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, all that there are if negative; fewer only at the end."""
        parts: list[bytes] = []
        while size and (data := self.read1(size)):
            parts.append(data)
            size -= len(data) if size > 0 else 0
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read1(self, size: int = -1, /) -> bytes:
        """Up to so many bytes, as they come; b"" only at the end."""
        while not self._left:
            try:
                more = next(self._lines, None)
            except ValueError as error:
                raise InputError(
                    str(error), where=self._place, todo="name the source that gives such files"
                ) from error
            if more is None:
                return b""
            self._left = more
        cut = len(self._left) if size < 0 else size
        data, self._left = self._left[:cut], self._left[cut:]
        return data

    def close(self) -> None:
        """Close the content."""
        self._content.close()
