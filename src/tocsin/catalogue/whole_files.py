"""Writing a file whole or not at all; the catalogue may not reach up to the engine for it."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib

from tocsin.model.errors import HomeError, StorageFull

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_whole(path: pathlib.Path, content: bytes) -> None:
    """Put `content` at `path` by way of a temporary name in the same directory.

    Raises StorageFull when the device has no room, HomeError when writing fails otherwise.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        # The directory itself may be what is wrong, and then there is nothing to clear away.
        with contextlib.suppress(OSError):
            temporary.unlink()
        if error.errno in _NO_ROOM:
            what, todo = "no room is left to write", "free some space and run it again"
            raise StorageFull(what, where=str(path), todo=todo) from error
        what = f"the file cannot be written: {error.strerror}"
        todo = "give the user that runs tocsin the right to write there"
        raise HomeError(what, where=str(path), todo=todo) from error
