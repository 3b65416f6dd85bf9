"""What a publisher of maps is to us, and one that is a directory."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Protocol

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


def too_large(where: str, most_bytes: int) -> AtlasError:
    """The error for what cannot be a checksum file, or not the file that is meant."""
    return AtlasError(
        f"is larger than {most_bytes} bytes",
        where=where,
        todo="correct its address in tocsin.toml; or raise maps.most_bytes, if it is a map",
    )


class Publisher(Protocol):
    """Where maps come from: it may be slow, refuse, be dead, or not tell the truth."""

    def fetch(
        self, url: str, target: Path, known: Version, most_bytes: int | None = None
    ) -> Version | None:
        """Write what lies at `url` to `target`; None if it is still what `known` names.

        Raises AtlasError if there is no such file, or if it has more than `most_bytes`,
        PublisherUnreachable if it could not be had whole.
        """
        ...


@dataclass(frozen=True, slots=True)
class DirectoryPublisher:
    """Files that were fetched by other means: each under the last part of its address."""

    directory: Path

    def fetch(
        self,
        url: str,
        target: Path,
        known: Version,  # noqa: ARG002 - a directory is asked anew
        most_bytes: int | None = None,
    ) -> Version | None:
        """See Publisher. A file is as old as the directory says; it is always given again."""
        path = self.directory / file_name(url)
        with self._opened(path) as stream:
            told = os.fstat(stream.fileno())
            if most_bytes is not None and told.st_size > most_bytes:
                raise too_large(str(path), most_bytes)
            with target.open("wb") as copy:
                shutil.copyfileobj(stream, copy)
        return Version(day=dt.datetime.fromtimestamp(told.st_mtime, dt.UTC).date().isoformat())

    def _opened(self, path: Path) -> IO[bytes]:
        try:
            return path.open("rb")
        except OSError as error:
            raise AtlasError(
                f"cannot be read: {error.strerror}",
                where=str(path),
                todo="put the file there, or switch this map off in tocsin.toml",
            ) from error

    def at_hand(self, maps: Sequence[PublicMap]) -> tuple[PublicMap, ...]:
        """The maps, those without a checksum whose checksum file is not in the directory.

        AtlasError if two addresses end alike: one file cannot be two maps.
        """
        there = tuple(
            each if self._has(each.checksum) else replace(each, checksum="") for each in maps
        )
        known: dict[str, str] = {}
        for url in (url for each in there for url in (each.url, each.checksum) if url):
            if known.setdefault(file_name(url), url) != url:
                raise AtlasError(
                    f"{shown(url)} and {shown(known[file_name(url)])} would both be the file "
                    f"{file_name(url)}",
                    where=str(self.directory),
                    todo="switch one of these maps off in tocsin.toml, and give its file with "
                    "--routes, --geo or --names",
                )
        return there

    def _has(self, checksum: str) -> bool:
        return bool(checksum) and (self.directory / file_name(checksum)).is_file()
