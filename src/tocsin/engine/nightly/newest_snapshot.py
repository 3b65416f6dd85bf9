"""Lists files that the service wrote: each under its version, none ever changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tocsin.engine.home import Home

_NAME = re.compile(r"lists-(\d{9})\.json")


@dataclass(frozen=True, slots=True)
class VersionedSnapshot:
    """A snapshot and its version, which counts up from 1."""

    version: int
    path: Path


def snapshot_path(home: Home, version: int) -> Path:
    """Where the snapshot of that version lies."""
    return home.snapshots / f"lists-{version:09}.json"


def newest_snapshot(home: Home) -> VersionedSnapshot | None:
    """The newest snapshot that the service wrote; None if there is none."""
    versions = sorted(_versions(home), reverse=True)
    if not versions:
        return None
    return VersionedSnapshot(versions[0], snapshot_path(home, versions[0]))


def lists_of(home: Home) -> Path:
    """The lists file that a night takes if none is named: the service's newest, else lists.json."""
    newest = newest_snapshot(home)
    return home.lists if newest is None else newest.path


def _versions(home: Home) -> list[int]:
    if not home.snapshots.is_dir():
        return []
    found = (_NAME.fullmatch(each.name) for each in home.snapshots.iterdir())
    return [int(each[1]) for each in found if each]
