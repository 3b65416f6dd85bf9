"""Where the bytes of a pack go: slice after slice, or to the places of many slices by turns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from tocsin.engine.direct_file import DirectFile

DIRECT_FROM = 1 << 24
"""Packs of so many bytes are written past the system's cache; for less it is not worth it."""

_WRITE_BYTES = 1 << 16
_MOST_BUFFERS = os.sysconf("SC_IOV_MAX")
"""So many bytes wait, and so many buffers are written, by one call to the system: those of
neighbours go together, as most are small, as long as they lie in the processor's cache."""


class Sink(Protocol):
    """Takes buffers with their place in the file."""

    def write(self, at: int, buffers: Sequence[memoryview]) -> None:
        """Write these at that place; they stay as they are until the next `flush`."""
        ...

    def flush(self) -> None:
        """Write all that waits."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def sink_for(path: Path, size: int, *, in_order: bool) -> Sink:
    """A sink for a new file of that size. `in_order`: each place is the end of what was there."""
    return OrderedSink(path) if in_order and size >= DIRECT_FROM else PlacedSink(path)


class OrderedSink:
    """Every buffer begins where the one before ended."""

    def __init__(self, path: Path) -> None:
        self._file = DirectFile(path)

    def write(self, at: int, buffers: Sequence[memoryview]) -> None:
        """See Sink."""
        if at != self._file.size:
            raise ValueError(f"bytes for {at} came when those for {self._file.size} were due")
        self._file.write(buffers)

    def flush(self) -> None:
        """See Sink; nothing waits."""

    def __enter__(self) -> Self:
        self._file.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.__exit__(kind, error, trace)


class PlacedSink:
    """Buffers in any order."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("wb")
        self._waiting: list[memoryview] = []
        self._begin = self._end = 0

    def write(self, at: int, buffers: Sequence[memoryview]) -> None:
        """See Sink."""
        full = self._end - self._begin > _WRITE_BYTES
        if full or at != self._end or len(self._waiting) + len(buffers) > _MOST_BUFFERS:
            self.flush()
            self._begin = self._end = at
        self._waiting += buffers
        self._end += sum(map(len, buffers))

    def flush(self) -> None:
        """See Sink."""
        if self._waiting:
            _write_at(self._stream.fileno(), self._waiting, self._begin)
        self._waiting, self._begin = [], self._end

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.flush()
        finally:
            self._stream.close()


def _write_at(file: int, buffers: Sequence[memoryview], offset: int) -> None:
    """Nearly always one call; what a signal or a nearly full disk cuts short is gone on with."""
    done, at = os.pwritev(file, buffers, offset), offset
    for buffer in buffers:
        while done < at - offset + len(buffer):
            done += os.pwrite(file, buffer[done - (at - offset) :], offset + done)
        at += len(buffer)
