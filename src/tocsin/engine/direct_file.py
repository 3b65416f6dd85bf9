"""Writing a large file from its beginning to its end past the system's cache.

What goes through the cache is copied once more by the system, which takes twenty times as much of
its time, and pushes out what is going to be read. Where a file system cannot do without its cache,
files are written through it as ever.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

_BLOCK = 1 << 12
"""Sizes, places and memory of such writes are multiples of this."""

_BUFFER_BYTES = 1 << 20
_BUFFERS = 4
"""While one is filled, others are on their way to the disk."""


class DirectFile:
    """Takes bytes in order; what is there after the `with` block is all of them."""

    def __init__(self, path: Path) -> None:
        self._file = _opened(path)
        self._buffers = [mmap.mmap(-1, _BUFFER_BYTES) for _ in range(_BUFFERS)]
        self._writer = ThreadPoolExecutor(1)
        self._pending: list[Future[None] | None] = [None] * _BUFFERS
        self._current = 0
        self._filled = 0
        self._begun = 0

    @property
    def size(self) -> int:
        """Bytes taken so far."""
        return self._begun + self._filled

    def write(self, buffers: Sequence[memoryview]) -> None:
        """Take the next bytes. OSError where writing earlier ones has failed."""
        for buffer in buffers:
            done = 0
            while done < len(buffer):
                part = buffer[done : done + _BUFFER_BYTES - self._filled]
                end = self._filled + len(part)
                self._buffers[self._current][self._filled : end] = part
                done += len(part)
                self._filled = end
                if end == _BUFFER_BYTES:
                    self._hand_over()

    def _hand_over(self) -> None:
        """Have the current buffer written, and go on with the next when that one is free."""
        # Past the last byte a whole block is written, and cut off at the end.
        size = -(-self._filled // _BLOCK) * _BLOCK
        content = memoryview(self._buffers[self._current])[:size]
        self._pending[self._current] = self._writer.submit(
            _write_all, self._file, content, self._begun
        )
        self._begun += self._filled
        self._filled = 0
        self._current = (self._current + 1) % _BUFFERS
        self._wait_for(self._current)

    def _wait_for(self, number: int) -> None:
        pending, self._pending[number] = self._pending[number], None
        if pending is not None:
            pending.result()

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
                size = self.size
                if self._filled:
                    self._hand_over()
                for number in range(_BUFFERS):
                    self._wait_for(number)
                os.ftruncate(self._file, size)
        finally:
            self._writer.shutdown()
            os.close(self._file)


def _opened(path: Path) -> int:
    flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC
    try:
        return os.open(path, flags | getattr(os, "O_DIRECT", 0), 0o666)
    except OSError:
        # A file system without such writes says so when a file is opened.
        return os.open(path, flags, 0o666)


def _write_all(file: int, content: memoryview, offset: int) -> None:
    """Nearly always one call; what is cut short is gone on with, and what cannot be, fails."""
    done = 0
    while done < len(content):
        try:
            done += os.pwrite(file, content[done:], offset + done)
        except OSError as error:
            # Some file systems refuse only now; so do all where a call was cut within a block.
            if error.errno != errno.EINVAL or not _through_cache(file):
                raise


def _through_cache(file: int) -> bool:
    """Write through the cache from here on; False if that was so already."""
    direct, flags = getattr(os, "O_DIRECT", 0), fcntl.fcntl(file, fcntl.F_GETFL)
    fcntl.fcntl(file, fcntl.F_SETFL, flags & ~direct)
    return bool(flags & direct)
