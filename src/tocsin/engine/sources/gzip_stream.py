"""Gzip, with any number of members, as a stream.

The standard library's reader goes through buffers of 8 KiB, and its zlib takes twice the time of
ISA-L.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from isal import isal_zlib

from tocsin.engine.sources.seal import Readable

_GZIP_WRAPPER = 31
_PACKED_BYTES = 1 << 16
"""With what they unpack to, these stay in the processor's cache; more take a quarter more time."""


@contextmanager
def _as_zlib() -> Iterator[None]:
    """ISA-L's errors as those of the standard library, of which they are none."""
    try:
        yield
    except isal_zlib.error as error:  # type: ignore[misc]  # its stub calls it a plain class
        raise zlib.error(str(error)) from error


class GzipStream:
    """Reads the members of a gzip file one after the other.

    EOFError where the file ends within a member, zlib.error where it is damaged or where
    something that is no gzip follows (zeros, as tapes pad with, may).
    """

    def __init__(self, packed: Readable) -> None:
        self._packed = packed
        self._unpacker = isal_zlib.decompressobj(_GZIP_WRAPPER)
        self._waiting = b""
        self._within = True

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, b"" only at the end."""
        while size:
            if not self._waiting and not self._unpacker.unconsumed_tail:
                self._waiting = self._packed.read(_PACKED_BYTES)
                if not self._waiting:
                    return self._end()
            if not self._within and not self._next_member():
                continue
            data = self._unpack(size)
            if data:
                return data
        return b""

    def _unpack(self, size: int) -> bytes:
        given = self._unpacker.unconsumed_tail or self._waiting
        self._waiting = b""
        with _as_zlib():
            data = self._unpacker.decompress(given, max(size, 0))
        if self._unpacker.eof:
            self._waiting = self._unpacker.unused_data
            self._unpacker = isal_zlib.decompressobj(_GZIP_WRAPPER)
            self._within = False
        return data

    def _next_member(self) -> bool:
        self._waiting = self._waiting.lstrip(b"\0")
        self._within = bool(self._waiting)
        return self._within

    def _end(self) -> bytes:
        if self._within:
            # What the unpacker has not given yet, and proof that the member is whole.
            with _as_zlib():
                data = self._unpacker.flush()
            if not self._unpacker.eof:
                raise EOFError("the compressed data ends before its end mark")
            self._within = False
            return data
        return b""

    def close(self) -> None:
        """Close the file beneath."""
        self._packed.close()
