"""Whether a packed file still is what it was when it was surveyed, told by its packed bytes.

The content is five times as long, and was hashed by the survey already.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Protocol

from tocsin.engine.sources.raw import Sealed


class Readable(Protocol):
    """The part of a stream that is needed here."""

    def read(self, size: int = -1, /) -> bytes: ...

    def close(self) -> None: ...


class Seal:
    """Hashes the packed bytes of a file as they are read.

    `expected`: what they were; then no more is read than there was, and what a file has grown by
    since is left for another time.
    """

    def __init__(self, expected: Sealed | None = None) -> None:
        self._expected = expected
        # Processors have instructions for this one; it is twice as fast as BLAKE2b.
        self._digest = sha256()
        self._size = 0

    def over(self, packed: Readable) -> Readable:
        """The stream of packed bytes, to be read in place of that one."""
        return _Watched(packed, self)

    @property
    def room(self) -> int:
        """How many bytes may be read, -1 for all."""
        return -1 if self._expected is None else self._expected.size - self._size

    def add(self, data: bytes) -> None:
        """More of the packed bytes."""
        self._digest.update(data)
        self._size += len(data)

    @property
    def found(self) -> Sealed | None:
        """What was read, None if nothing was packed."""
        return Sealed(self._size, self._digest.hexdigest()) if self._size else None

    @property
    def holds(self) -> bool:
        """Whether that was what is expected."""
        return self.found == self._expected


class _Watched:
    def __init__(self, packed: Readable, seal: Seal) -> None:
        self._packed = packed
        self._seal = seal

    def read(self, size: int = -1, /) -> bytes:
        room = self._seal.room
        if room >= 0:
            size = min(size, room) if size >= 0 else room
        data = self._packed.read(size)
        self._seal.add(data)
        return data

    def close(self) -> None:
        self._packed.close()
