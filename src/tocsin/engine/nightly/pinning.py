"""What of the home's policy is kept with a run, so that it goes on with what it was begun with."""

from __future__ import annotations

import shutil
from pathlib import Path

from tocsin.engine.files import write_atomically
from tocsin.engine.nightly.package import Package

POLICY = ("allow.csv", "known")
"""A file, and a folder."""


def pin_policy(policy: Path, package: Package) -> list[Path]:
    """Keep what is there of POLICY in `policy`; the files that were written."""
    return [path for name in POLICY for path in _pin(policy / name, package.path / name)]


def _pin(place: Path, pinned: Path) -> list[Path]:
    """Keep a file or a folder of files with the run, if it is there; what was written."""
    if place.is_dir():
        shutil.rmtree(pinned, ignore_errors=True)
        shutil.copytree(place, pinned)
        return sorted(path for path in pinned.rglob("*") if path.is_file())
    if not place.exists():
        pinned.unlink(missing_ok=True)
        return []
    write_atomically(pinned, place.read_bytes())
    return [pinned]
