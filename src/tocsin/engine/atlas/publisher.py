"""What a publisher of maps is to us, and one that is a directory."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from tocsin.engine.atlas.maps import PublicMap, file_name, shown
from tocsin.model.errors import AtlasError, PublisherUnreachable


@dataclass(frozen=True, slots=True)
class Version:
    """By what a publisher knows a file again; both empty if it does not tell.

    etag, modified: the headers ETag and Last-Modified, as they came. day: of when the file is
    (ISO 8601), as far as it is told; it is for us, and never sent.
    """

    etag: str = ""
    modified: str = ""
    day: str = ""


def unreachable(url: str, what: str) -> PublisherUnreachable:
    """The error for what may work later."""
    todo = "run the same command again later, or give files with --offline"
    return PublisherUnreachable(what, where=shown(url), todo=todo)


class Publisher(Protocol):
    """Where maps come from: it may be slow, refuse, be dead, or not tell the truth."""

    def fetch(self, url: str, target: Path, known: Version) -> Version | None:
        """Write what lies at `url` to `target`; None if it is still what `known` names.

        Raises AtlasError if there is no such file, PublisherUnreachable if it could not be had
        whole.
        """
        ...


@dataclass(frozen=True, slots=True)
class DirectoryPublisher:
    """Files that were fetched by other means: each under the last part of its address."""

    directory: Path

    def fetch(self, url: str, target: Path, known: Version) -> Version | None:  # noqa: ARG002
        """See Publisher. A file is as old as the directory says; it is always given again."""
        path = self.directory / file_name(url)
        try:
            shutil.copyfile(path, target)
            modified = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise AtlasError(
                f"cannot be read: {error.strerror}",
                where=str(path),
                todo="put the file there, or switch this map off in tocsin.toml",
            ) from error
        return Version(day=modified.date().isoformat())

    def at_hand(self, maps: Iterable[PublicMap]) -> tuple[PublicMap, ...]:
        """The maps, those without a checksum whose checksum file is not in the directory."""
        return tuple(
            each if self._has(each.checksum) else replace(each, checksum="") for each in maps
        )

    def _has(self, checksum: str) -> bool:
        return bool(checksum) and (self.directory / file_name(checksum)).is_file()
