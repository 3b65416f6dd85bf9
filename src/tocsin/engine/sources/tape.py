"""A content as it is read once: hashed as a whole, and slice by slice."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import Protocol

from tocsin.engine.sources.identity import slice_hash
from tocsin.engine.sources.records import MOST_AHEAD

_MOST_FIRST = 1 << 28
"""A first slice that is larger, by a line without end or by blank ones, is hashed as it comes."""


class Pieces(Protocol):
    """A stream of content; `read1` gives what comes next, b"" only at its end."""

    def read1(self, size: int = -1, /) -> bytes: ...


class Tape:
    """A stream that hashes and counts what it gives.

    Where a slice ends is known only after bytes beyond it have been given. So the last ones are
    kept until it is certain to which slice they belong. The bytes of the first slice are kept
    altogether, as long as it is no larger than most: if there is no second one, it needs no hash
    beside that of the whole.
    """

    def __init__(self, content: Pieces) -> None:
        self._content = content
        self.whole = hashlib.sha256()
        self.given = 0
        self._kept: deque[bytes] = deque()
        self._settled = 0
        self._slice = slice_hash()
        self._first: list[bytes] | None = []

    def read(self, size: int = -1, /) -> bytes:
        """Up to so many bytes, b"" only at the end."""
        data = self._content.read1(size)
        self.whole.update(data)
        self.given += len(data)
        self._kept.append(data)
        while self.given - self._settled - len(self._kept[0]) > MOST_AHEAD:
            self._settle(self._kept.popleft())
        return data

    def cut(self, offset: int) -> str:
        """End a slice there and begin the next; the digest of the one that ends."""
        while self._kept and self._settled < offset:
            data = self._kept.popleft()
            inside = offset - self._settled
            self._settle(data[:inside])
            if inside < len(data):
                self._kept.appendleft(data[inside:])
        self._hash_first()
        digest = self._slice.hexdigest()
        self._slice = slice_hash()
        return digest

    def _settle(self, data: bytes) -> None:
        if self._first is None:
            self._slice.update(data)
        else:
            self._first.append(data)
        self._settled += len(data)
        if self._settled > _MOST_FIRST:
            self._hash_first()

    def _hash_first(self) -> None:
        """Keep the first slice no longer."""
        for data in self._first or ():
            self._slice.update(data)
        self._first = None
