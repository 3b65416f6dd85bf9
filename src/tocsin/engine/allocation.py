"""How a worker's memory is got and given back."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGE = 1 << 30


def keep_freed_memory() -> None:
    """Use large pieces of memory again instead of giving each back to the system.

    A batch makes columns of some megabytes by the thousand. Each got anew costs the system as
    much time as filling it, a tenth of all. Only where there is the GNU C library.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    mallopt(_MMAP_THRESHOLD, _LARGE)
    mallopt(_TRIM_THRESHOLD, _LARGE)
    pa.set_memory_pool(pa.system_memory_pool())


_OBJECTS = 100_000


def collect_seldom() -> None:
    """Look for cycles of unused objects after so many new ones only.

    A worker reads a hundred thousand networks into objects that stay. Looking through them again
    and again for what could go took a tenth of the time of matching.
    """
    gc.set_threshold(_OBJECTS, 20, 20)


@contextmanager
def without_collecting() -> Iterator[None]:
    """Look for no cycles while many objects are made that stay until the end."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
