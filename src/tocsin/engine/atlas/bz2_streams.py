"""Reading bz2: one stream after the other, and nothing else between or behind them.

The standard library drops whatever follows the first stream if it is no stream itself, so that a
damaged file would be read as a shorter whole one.
"""

from __future__ import annotations

import io
from bz2 import BZ2Decompressor
from pathlib import Path
from typing import IO

_PIECE = 64 << 10


def open_bz2(path: Path) -> io.BufferedReader:
    """The unpacked content. Reading raises OSError or EOFError where it is damaged or cut."""
    return io.BufferedReader(_Streams(path.open("rb")), _PIECE)


class _Streams(io.RawIOBase):
    def __init__(self, packed: IO[bytes]) -> None:
        super().__init__()
        self._packed = packed
        self._unpacker = BZ2Decompressor()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # io's
        """The next bytes; 0 only behind the end of a stream that nothing follows."""
        view = buffer.cast("B")
        while True:
            piece = self._unpacker.decompress(b"", len(view)) if self._has_more() else b""
            if not piece and (packed := self._next()):
                piece = self._unpacker.decompress(packed, len(view))
            elif not piece:
                return 0
            if piece:
                view[: len(piece)] = piece
                return len(piece)

    def _has_more(self) -> bool:
        return not (self._unpacker.eof or self._unpacker.needs_input)

    def _next(self) -> bytes:
        """Packed bytes for the stream that is being read, or for the one that begins with them."""
        if not self._unpacker.eof:
            packed = self._packed.read(_PIECE)
            if not packed:
                raise EOFError("it ends in the middle of a stream")
            return packed
        packed = self._unpacker.unused_data or self._packed.read(_PIECE)
        if packed:
            self._unpacker = BZ2Decompressor()
        return packed

    def close(self) -> None:
        """Close the file."""
        self._packed.close()
        super().close()
