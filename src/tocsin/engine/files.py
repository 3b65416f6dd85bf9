"""Writing files so that a reader sees all of one or nothing, and naming them by content."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tocsin.engine.indented_json import canonical_text
from tocsin.model.errors import HomeError, StorageFull, TerminalError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)
_IN_THE_WAY = (errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG)
TEMPORARY = ".tmp"
"""The ending of half-written files; whoever finds one alone may remove it."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it takes the name when the block succeeds.

    The temporary name holds the process number, so that two writers of the same deterministic
    file do not tread on each other; whoever renames last wins, with the same bytes.
    Raises StorageFull when the device has no room, HomeError when writing is not
    permitted, or a directory is in the way.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)  # noqa: PTH105 - the one call that this file exists for
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _explained(error, path) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def scratch_file(path: Path) -> Iterator[Path]:
    """Around the writing of a file that only this process will read; errors as of `atomic_path`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield path
    except OSError as error:
        raise _explained(error, path) from error


def _explained(error: OSError, path: Path) -> Exception:
    if error.errno in _NO_ROOM:
        return StorageFull(
            "no room is left to write",
            where=str(path),
            todo="free some space and run the same command again; nothing is lost",
        )
    if error.errno in _NOT_ALLOWED:
        return HomeError(
            f"writing is not permitted: {error.strerror}",
            where=str(path),
            todo="give the user that runs tocsin the right to write there, or name another --home",
        )
    if error.errno in _IN_THE_WAY:
        return HomeError(
            f"nothing can be written there: {error.strerror}",
            where=str(path),
            todo="move away what is in the way, or name a shorter --home",
        )
    return error


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path`, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def printable(name: str) -> str:
    """A file's name as text that can be stored; bytes that are no UTF-8 are written as `\\xff`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def canonical_json(value: object) -> bytes:
    """Equal values, equal bytes: sorted keys, UTF-8, one line end."""
    return canonical_text(value).encode() + b"\n"


def read_object(path: Path) -> dict[str, object]:
    """Read a JSON object that `canonical_json` wrote; TerminalError if it is none."""
    try:
        said = json.loads(path.read_bytes())
    except ValueError as error:
        raise _damaged(path) from error
    if not isinstance(said, dict):
        raise _damaged(path)
    return said


@contextmanager
def as_written(path: Path) -> Iterator[None]:
    """Around the reading of our own file's entries: TerminalError if any is missing or odd."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> TerminalError:
    return TerminalError(
        "the file is damaged: it does not hold what Tocsin writes there",
        where=str(path),
        todo="restore it from a backup",
    )


def remove_leftovers(directory: Path) -> int:
    """Remove temporary files that a killed process left below `directory`; how many there were.

    Only the holder of the lock for that directory may call it.
    """
    leftovers = [path for path in directory.rglob(f".*{TEMPORARY}") if path.is_file()]
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)
