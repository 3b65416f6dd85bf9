"""A store elsewhere, with a directory here that keeps what was fetched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tocsin.engine.files import atomic_path
from tocsin.engine.lake.store import check_content, checked_name
from tocsin.model.errors import RunError, StoreUnreachable


class Remote(Protocol):
    """An object store as it is: it may be slow, refuse, be dead, or not tell the truth.

    Names have been checked. Errors as Store has them.
    """

    def upload(self, local: Path, name: str) -> None:
        """Put one object, whole or not at all."""
        ...

    def download(self, name: str, local: Path) -> None:
        """Write one object to `local`."""
        ...

    def names(self, folder: str) -> tuple[str, ...]:
        """The names of all objects below `folder`, in any order."""
        ...

    def size(self, name: str) -> int:
        """The number of bytes of an object."""
        ...

    def remove(self, name: str) -> None:
        """Remove an object; one that is gone already is no error."""
        ...


@dataclass(frozen=True, slots=True)
class RemoteStore:
    """A Store on a Remote: checks what the other side says, keeps a copy of what was read.

    `cache` may be emptied at any time between commands.
    """

    remote: Remote
    cache: Path

    def put_file(self, local: Path, name: str) -> None:
        """See Store. Not done unless the other side then knows of all its bytes."""
        checked_name(name)
        size = local.stat().st_size
        self.remote.upload(local, name)
        try:
            kept = self.remote.size(name)
        except RunError as error:
            raise _untrue(name, "does not know of what it was given") from error
        if kept != size:
            raise _untrue(name, "kept fewer or more bytes than it was given")
        local.unlink()

    def fetch(self, name: str, *, sha256: str = "") -> Path:
        """See Store. A copy in the cache, fetched unless it is there with the right size."""
        path = self.cache / checked_name(name)
        size = self.remote.size(name)
        if not path.is_file() or path.stat().st_size != size:
            with atomic_path(path) as temporary:
                self.remote.download(name, temporary)
                if temporary.stat().st_size != size:
                    raise _untrue(name, "sent fewer or more bytes than it says it has")
        try:
            check_content(path, name, sha256)
        except StoreUnreachable:
            path.unlink()
            raise
        return path

    def names(self, folder: str = "") -> tuple[str, ...]:
        """See Store."""
        if folder:
            checked_name(folder)
        return tuple(sorted(self.remote.names(folder)))

    def size(self, name: str) -> int:
        """See Store."""
        checked_name(name)
        return self.remote.size(name)

    def remove(self, name: str) -> None:
        """See Store. The copy in the cache goes too."""
        path = self.cache / checked_name(name)
        self.remote.remove(name)
        path.unlink(missing_ok=True)


def _untrue(name: str, what: str) -> StoreUnreachable:
    return StoreUnreachable(
        f"the object store {what}",
        where=name,
        todo="run the same command again; if it goes on, check the object store",
    )
