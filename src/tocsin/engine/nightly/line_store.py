"""The lines of a unit on their way into its pack: in memory, or where they are many in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.files import scratch_file
from tocsin.engine.nightly.coded import ROOM, Lines

SEGMENT_BYTES = 1 << 30
"""So many bytes of lines are in memory at a time, or one piece of them if it has more."""


@dataclass(frozen=True)
class Segment:
    """The lines of the rows from `first` on and before `last`."""

    first: int
    last: int
    lines: pa.LargeStringArray


class LineStore:
    """Takes pieces of lines and gives them back in the same order, in segments.

    `path` is written to only if the lines do not fit into one segment; leaving the `with` block
    removes it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BufferedRandom | None = None
        self._buffer = np.zeros(0, np.uint8)
        self._filled = 0
        self._begun = 0
        self._lengths: list[NDArray[np.int32]] = []
        self._segments: list[tuple[int, int]] = []
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)

    @property
    def whole(self) -> bool:
        """Whether all lines are in memory, and come in one segment."""
        return self._file is None

    @property
    def lengths(self) -> NDArray[np.int32]:
        """The bytes of every line, `(rows,)`."""
        self._lengths = [np.concatenate([np.zeros(0, np.int32), *self._lengths])]
        return self._lengths[0]

    def add(self, lines: Lines) -> None:
        """Take the next lines; they are written where they will be read."""
        if self._filled and self._filled + lines.bytes > SEGMENT_BYTES:
            self._put_aside()
        if self._filled + lines.bytes + ROOM > len(self._buffer):
            self._grow(self._filled + lines.bytes + ROOM)
        lines.write(self._buffer[self._filled :])
        self._filled += lines.bytes
        self._lengths.append(np.diff(lines.edges).astype(np.int32))
        self.rows += len(lines.edges) - 1

    def segments(self) -> Iterator[Segment]:
        """All lines; the memory of a segment is used again for the next."""
        if self._file is None:
            yield self._segment(0, self.rows)
            return
        self._put_aside()
        self._file.seek(0)
        for first, last in self._segments:
            size = int(self.lengths[first:last].sum(dtype=np.int64))
            if self._file.readinto(self._buffer[:size].data) != size:
                raise OSError(f"{self._path} has lost lines that were written to it")
            yield self._segment(first, last)

    def _segment(self, first: int, last: int) -> Segment:
        bounds = np.zeros(last - first + 1, np.int64)
        np.cumsum(self.lengths[first:last], out=bounds[1:])
        buffers = (pa.py_buffer(bounds), pa.py_buffer(self._buffer))
        return Segment(first, last, pa.LargeStringArray.from_buffers(last - first, *buffers))

    def _grow(self, size: int) -> None:
        """Memory that is not written to costs nothing, so that a whole segment is asked for."""
        larger = np.empty(max(size, SEGMENT_BYTES + ROOM), np.uint8)
        larger[: self._filled] = self._buffer[: self._filled]
        self._buffer = larger

    def _put_aside(self) -> None:
        with scratch_file(self._path):
            if self._file is None:
                self._file = self._path.open("w+b")
            self._file.write(self._buffer[: self._filled].data)
        self._segments.append((self._begun, self.rows))
        self._filled, self._begun = 0, self.rows
