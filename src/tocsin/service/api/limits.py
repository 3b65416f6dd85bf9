"""How often somebody has called within a minute, counted over all processes of this machine.

A small file of slots of eight bytes: the minute, and the calls in it. It is no matter of the
database: a count is worth nothing a minute later, and must not cost a write that is synced.
"""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

_SLOT = struct.Struct("<II")


def count_call(path: Path, slot: int, minute: int) -> int:
    """Count one call; how many there were in that minute, this one included."""
    place = slot * _SLOT.size
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # The lock ends with the descriptor, and is another one in each thread.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        held = os.pread(descriptor, _SLOT.size, place)
        then, calls = _SLOT.unpack(held) if len(held) == _SLOT.size else (0, 0)
        calls = calls + 1 if then == minute else 1
        os.pwrite(descriptor, _SLOT.pack(minute, min(calls, 0xFFFFFFFF)), place)
    finally:
        os.close(descriptor)
    return calls
