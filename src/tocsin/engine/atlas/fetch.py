"""Fetching maps into the home: whole and checked, or not at all; the last good one stays.

    maps/NAME/FILE       as it was published (`_map.json`, if that is called `map.json`)
    maps/NAME/map.json   which it is: address, SHA-256, version, when it was fetched

The file comes first: where a label names other bytes, or is damaged, the map counts as never
fetched.
"""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from tocsin.engine.atlas.checksums import digest_for, has_digest
from tocsin.engine.atlas.maps import PublicMap, file_name
from tocsin.engine.atlas.publisher import Publisher, Version, unreachable
from tocsin.engine.atlas.sound import LEAST_NAMES, refuse_unsound
from tocsin.engine.files import (
    TEMPORARY,
    as_written,
    atomic_path,
    canonical_json,
    read_object,
    scratch_file,
    sha256_of,
    write_atomically,
)
from tocsin.engine.retry import with_retries
from tocsin.model.errors import (
    AtlasError,
    Problem,
    PublisherUnreachable,
    TerminalError,
    TocsinError,
)

LABEL = "map.json"
_MOST_CHECKSUM = 1 << 20


class Came(Enum):
    """How a map came to be at hand."""

    NEW = "fetched"
    UNCHANGED = "unchanged"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A map at hand. day: of when it is (ISO 8601), as far as its publisher tells, else empty.
    fetched: when it was last known to be what is published (ISO 8601). problem: why there is no
    newer one, if it is KEPT."""

    of: PublicMap
    path: Path
    sha256: str
    size: int
    day: str
    fetched: str
    came: Came
    problem: str = ""

    @property
    def as_of(self) -> str:
        """The day that the map is of, at the latest (ISO 8601)."""
        return self.day or self.fetched[:10]


@dataclass(frozen=True, slots=True)
class Fetching:
    """How maps are fetched. folder: `maps` of the home. now: the clock reading. least_names: of
    how few names a map of names may be."""

    publisher: Publisher
    folder: Path
    now: dt.datetime
    attempts: int
    sleep: Callable[[float], None]
    least_names: int = LEAST_NAMES

    def all_of(
        self, wanted: Iterable[PublicMap], advance: Callable[[int], None]
    ) -> tuple[Fetched, ...]:
        """Fetch them one after the other.

        One that cannot be had is KEPT as it was fetched before. If there is one that never was,
        then, after all have been tried: AtlasError if someone has to change something, else
        PublisherUnreachable, with every such map.
        """
        at_hand, failed = [], []
        for each in wanted:
            try:
                at_hand.append(self._one(each))
            except TocsinError as error:
                failed.append((each, error))
            advance(1)
        if failed:
            raise _all_of_them(failed)
        return tuple(at_hand)

    def _one(self, wanted: PublicMap) -> Fetched:
        before = _kept(self.folder, wanted)
        try:
            return with_retries(
                lambda: self._attempt(wanted, before), attempts=self.attempts, sleep=self.sleep
            )
        except (AtlasError, PublisherUnreachable) as error:
            if before is None:
                raise
            return replace(before.map, came=Came.KEPT, problem=error.message())

    def _attempt(self, wanted: PublicMap, before: _Kept | None) -> Fetched:
        path = _place(self.folder, wanted)
        scratch = path.with_name(f".{path.name}{TEMPORARY}")
        try:
            with scratch_file(scratch):
                known = before.version if before else Version()
                version = self.publisher.fetch(wanted.url, scratch, known)
            if version is None and before:
                return self._still(before)
            if version is None:
                raise unreachable(wanted.url, "says that nothing has changed since never")
            self._check(wanted, scratch, before)
            return self._take(wanted, scratch, version, path, before)
        finally:
            scratch.unlink(missing_ok=True)

    def _still(self, before: _Kept) -> Fetched:
        """The map is what it was, and is so now."""
        came = replace(before.map, came=Came.UNCHANGED, fetched=self._moment())
        write_atomically(came.path.parent / LABEL, canonical_json(_label(came, before.version)))
        return came

    def _believed(self, day: str) -> str:
        """The day, unless it is yet to come: a map would count as new until then."""
        return day if day <= self.now.date().isoformat() else ""

    def _moment(self) -> str:
        return self.now.isoformat(timespec="seconds")

    def _check(self, wanted: PublicMap, scratch: Path, before: _Kept | None) -> None:
        """PublisherUnreachable if the file is not what its checksum or its use says."""
        if wanted.checksum:
            name = file_name(wanted.url)
            try:
                right = has_digest(scratch, digest_for(self._checksum(wanted, scratch), name))
            except ValueError as error:
                raise unreachable(wanted.checksum, str(error)) from error
            if not right:
                raise unreachable(wanted.url, "does not have the checksum that its publisher gives")
        try:
            kept = before.map.path if before else None
            refuse_unsound(wanted.use, scratch, kept, least_names=self.least_names)
        except AtlasError as error:
            what = error.problems[0].what if error.problems else error.what
            raise unreachable(wanted.url, f"is something else than a whole map: {what}") from error

    def _checksum(self, wanted: PublicMap, scratch: Path) -> str:
        """The text of the publisher's checksum file."""
        target = scratch.with_name(f"{scratch.name}.checksum{TEMPORARY}")
        try:
            with scratch_file(target):
                self.publisher.fetch(wanted.checksum, target, Version(), _MOST_CHECKSUM)
            return target.read_bytes().decode("utf-8", "replace")
        finally:
            target.unlink(missing_ok=True)

    def _take(
        self, wanted: PublicMap, scratch: Path, version: Version, path: Path, before: _Kept | None
    ) -> Fetched:
        """Put a sound file into its place, with its label."""
        came = Fetched(
            of=wanted,
            path=path,
            sha256=sha256_of(scratch),
            size=scratch.stat().st_size,
            day=self._believed(version.day or _day(version.modified)),
            fetched=self._moment(),
            came=Came.NEW,
        )
        if before and before.map.sha256 == came.sha256:
            came = replace(came, came=Came.UNCHANGED, day=came.day or before.map.day)
        with atomic_path(path) as temporary:
            scratch.rename(temporary)
        write_atomically(path.parent / LABEL, canonical_json(_label(came, version)))
        for old in path.parent.iterdir():
            if old.name not in (path.name, LABEL) and not old.is_dir():
                old.unlink()
        return came


@dataclass(frozen=True, slots=True)
class _Kept:
    """A map that was fetched before, and by what its publisher knows it again."""

    map: Fetched
    version: Version


def _place(folder: Path, wanted: PublicMap) -> Path:
    """Where a map lies: under its published name, unless that is the label's."""
    name = file_name(wanted.url)
    return folder / wanted.name / (f"_{name}" if name == LABEL else name)


def _kept(folder: Path, wanted: PublicMap) -> _Kept | None:
    """The map as it was fetched last, if it is there whole and of the same address."""
    path = _place(folder, wanted)
    label = path.parent / LABEL
    if not (label.is_file() and path.is_file()):
        return None
    try:
        return _labelled(wanted, path, read_object(label))
    except (TerminalError, RecursionError):  # an empty label, or a damaged one
        return None


def _labelled(wanted: PublicMap, path: Path, said: Mapping[str, object]) -> _Kept | None:
    """The map as its label says; None if it says so of another. TerminalError if it is damaged."""
    with as_written(path.parent / LABEL):
        found = Fetched(
            of=wanted,
            path=path,
            sha256=str(said["sha256"]),
            size=path.stat().st_size,
            day=str(said["day"]),
            fetched=str(said["fetched"]),
            came=Came.KEPT,
        )
        dt.datetime.fromisoformat(found.fetched)
        dt.date.fromisoformat(found.as_of)
        version = Version(str(said["etag"]), str(said["modified"]))
        if said["url"] != wanted.url or found.sha256 != sha256_of(path):
            return None
    return _Kept(found, version)


def _label(came: Fetched, version: Version) -> dict[str, str]:
    return {
        "url": came.of.url,
        "sha256": came.sha256,
        "day": came.day,
        "fetched": came.fetched,
        "etag": version.etag,
        "modified": version.modified,
    }


def _day(modified: str) -> str:
    """The day of the header Last-Modified; empty if it is none."""
    try:
        moment = email.utils.parsedate_to_datetime(modified)
    except (ValueError, TypeError, OverflowError):
        return ""
    return moment.date().isoformat()


def _all_of_them(failed: Sequence[tuple[PublicMap, TocsinError]]) -> TocsinError:
    """One error for all maps that could not be had, and never were."""
    problems = [
        Problem(f"{each.name}: {error.where}", error.line, 0, error.what, error.todo)
        for each, error in failed
    ]
    kind = (
        AtlasError
        if any(isinstance(error, TerminalError) for _, error in failed)
        else PublisherUnreachable
    )
    return kind(
        f"{len(failed)} maps could not be had, and there are no earlier copies of them",
        todo="see below; a map that you can do without is switched off in tocsin.toml",
        problems=problems,
    )
