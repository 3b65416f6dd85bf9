"""Opening an input: plain, gzip or bz2, told by its first bytes; streamed, and bounded."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from types import TracebackType
from typing import Protocol

from tocsin.engine.atlas.bz2_streams import open_bz2
from tocsin.engine.files import sha256_of
from tocsin.model.errors import AtlasError

MOST_BYTES = 2 << 30
"""Unpacked size from which a database is refused: ten times the largest one there is."""

MOST_OF_TEXT = 256 << 20
"""The same for texts, which take five times as much memory while they are read. The largest that
is published has 40 MiB."""

MOST_OF_DUMP = 64 << 30
"""The same for dumps of routing tables, which are never in memory as a whole."""

MOST_AT_ONCE = 64 << 20
"""The most that is read in one piece of a stream; a larger piece is a damaged length."""

_GZIP, _BZ2 = b"\x1f\x8b", b"BZh"
_BROKEN = (EOFError, OSError, zlib.error)


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...
    def close(self) -> None: ...


class Unpacked:
    """The content of a file as a stream; a context manager.

    packing: `gzip`, `bz2` or empty. Reading raises AtlasError where the packing is broken or
    cut short, and behind `most_bytes`.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self.path = path
        self.packing = packing_of(path)
        self._left = most_bytes
        self._most = most_bytes
        self._stream = _opened(path, self.packing)

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        if size > MOST_AT_ONCE:
            raise AtlasError(
                f"is damaged: it names a piece of {size} bytes",
                where=str(self.path),
                todo="fetch the file again",
            )
        try:
            data = self._stream.read(size)
        except _BROKEN as error:
            raise self._broken(error) from error
        self._left -= len(data)
        if self._left < 0:
            raise AtlasError(
                f"unpacks to more than {self._most >> 20} MiB",
                where=str(self.path),
                todo="split the table into several files",
            )
        return data

    def rest(self) -> bytes:
        """All that is left."""
        pieces = []
        while piece := self.read(1 << 20):
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Close the file; closing it again does nothing."""
        self._stream.close()

    def __enter__(self) -> Unpacked:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _broken(self, error: Exception) -> AtlasError:
        if not self.packing:
            return cannot_be_read(self.path, error)
        return AtlasError(
            f"broken {self.packing}: {error}",
            where=str(self.path),
            todo="fetch or pack the file again",
        )


def packing_of(path: Path) -> str:
    """`gzip`, `bz2`, or empty for a file that is not packed; AtlasError if it cannot be read."""
    try:
        with path.open("rb") as stream:
            head = stream.read(3)
    except OSError as error:
        raise cannot_be_read(path, error) from error
    if head.startswith(_GZIP):
        return "gzip"
    return "bz2" if head == _BZ2 else ""


def _opened(path: Path, packing: str) -> _Readable:
    if packing == "gzip":
        return gzip.open(path, "rb")
    return open_bz2(path) if packing else path.open("rb")


def digest_of(path: Path) -> str:
    """The SHA-256 of a file as it is; AtlasError if it cannot be read."""
    try:
        return sha256_of(path)
    except OSError as error:
        raise cannot_be_read(path, error) from error


def cannot_be_read(path: Path, error: Exception) -> AtlasError:
    """The error for a file that is missing, or that may not be read."""
    reason = error.strerror if isinstance(error, OSError) else None
    return AtlasError(
        f"cannot be read: {reason or error}",
        where=str(path),
        todo="name a file that exists and that you may read",
    )
