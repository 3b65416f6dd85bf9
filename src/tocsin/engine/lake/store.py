"""Where the files of the lake are kept: a directory here, or an object store elsewhere.

A file is named by a relative path with `/` that follows from its content; under one name there
is never other content. It is there whole or not at all.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from tocsin.engine.files import atomic_path, sha256_of
from tocsin.model.errors import RunError, StoreUnreachable, TerminalError

_LONGEST_NAME = 1024
_LONGEST_PART = 255


class Store(Protocol):
    """What the lake needs of a place for files; may be pickled and used in any process.

    Errors: TerminalError for a name that leaves the store, RunError for a file that is not there
    (`remove` takes that for done), StoreUnreachable for what may go well later.
    """

    def put_file(self, local: Path, name: str) -> None:
        """Commit `local` under `name`, in one step; `local` is gone afterwards."""
        ...

    def fetch(self, name: str, *, sha256: str = "") -> Path:
        """A local path to read the file at; checked against `sha256` if one is given.

        The path is the store's: it is not to be changed.
        """
        ...

    def names(self, folder: str = "") -> tuple[str, ...]:
        """The names of all files below `folder`, sorted."""
        ...

    def size(self, name: str) -> int:
        """The number of bytes of a file."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; one that is gone already is no error."""
        ...


def checked_name(name: str) -> PurePosixPath:
    """`name` as a path if it stays within a store; TerminalError if not.

    Parts that begin with a dot are the store's own, for files that are not yet whole.
    """
    parts = name.split("/")
    if (
        len(name.encode(errors="replace")) > _LONGEST_NAME
        or not name.isprintable()
        or "\\" in name
        or not all(_is_plain(part) for part in parts)
    ):
        raise TerminalError(
            f"{name[:200]!r} is no name for a file of the lake",
            todo="names are relative, with `/`, and no part is empty or begins with a dot",
        )
    return PurePosixPath(*parts)


def _is_plain(part: str) -> bool:
    return bool(part) and part[0] != "." and len(part.encode(errors="replace")) <= _LONGEST_PART


def check_content(path: Path, name: str, sha256: str) -> None:
    """StoreUnreachable if the bytes at `path` are not those that were asked for."""
    if sha256 and sha256_of(path) != sha256:
        raise StoreUnreachable(
            "the store holds other bytes than were put there",
            where=name,
            todo="check the disk or the object store; run the command again once it is repaired",
        )


def missing(name: str) -> RunError:
    """The error for a file that is not in the store."""
    return RunError(
        "a file of the lake is missing",
        where=name,
        todo="restore it from a backup; if it was pruned, the day can no longer be made again",
    )


@dataclass(frozen=True, slots=True)
class LocalStore:
    """A directory. Putting is renaming; on another device, copying and then renaming."""

    root: Path

    def put_file(self, local: Path, name: str) -> None:
        """See Store. StorageFull when the device has no room; `local` is kept then."""
        with atomic_path(self._path(name)) as temporary:
            _move(local, temporary)

    def fetch(self, name: str, *, sha256: str = "") -> Path:
        """See Store. The path of the file itself."""
        path = self._path(name)
        if not path.is_file():
            raise missing(name)
        check_content(path, name, sha256)
        return path

    def names(self, folder: str = "") -> tuple[str, ...]:
        """See Store."""
        start = self._path(folder) if folder else self.root
        found = (path.relative_to(self.root).as_posix() for path in _files_below(start))
        return tuple(sorted(found))

    def size(self, name: str) -> int:
        """See Store."""
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            raise missing(name) from None

    def remove(self, name: str) -> None:
        """See Store."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.root / checked_name(name)


def _files_below(start: Path) -> Iterator[Path]:
    for folder, subfolders, files in os.walk(start):
        subfolders[:] = [each for each in subfolders if not each.startswith(".")]
        yield from (Path(folder, each) for each in files if not each.startswith("."))


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(source, target)
        source.unlink()
