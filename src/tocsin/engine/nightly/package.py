"""A run as a package on disk, in one state at a time.

    runs/<day>/r<revision>/
        state.json      the state, replaced atomically; `ls` and `cat` tell where a run stands
        markers/        one file per finished step: the files it wrote and their sizes
        plan.json  snapshot.json  correlated/  gathered/  matched/  packs/  manifest.json

A step writes all its files, asks the kernel once to put them on the disk, writes its marker, and
moves the state on. Whoever resumes checks the markers; a step whose files are not as its marker
says is done again, with the same bytes.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import cast

from tocsin.engine.files import canonical_json, read_object, write_atomically
from tocsin.model.errors import RunError

FORMAT = 1


class State(StrEnum):
    """How far a run is; each is reached when its step has written everything."""

    PLANNED = "planned"
    CORRELATED = "correlated"
    GATHERED = "gathered"
    MATCHED = "matched"
    PUBLISHED = "published"


STEPS = tuple(State)


@dataclass(frozen=True, slots=True)
class Package:
    """The package of one day and revision, below the home's `root`."""

    root: Path
    day: dt.date
    revision: int

    @property
    def path(self) -> Path:
        """The package's folder."""
        return self.root / "runs" / self.day.isoformat() / f"r{self.revision}"

    @property
    def name(self) -> str:
        """The run as people write it."""
        return f"{self.day.isoformat()} r{self.revision}"

    def state(self) -> State | None:
        """How far the run is; None if it has no plan yet."""
        path = self.path / "state.json"
        if not path.exists():
            return None
        said = read_object(path)
        if said.get("format") != FORMAT:
            raise RunError(
                f"the run has format {said.get('format')!r}, this Tocsin reads {FORMAT}",
                where=str(path),
                todo="use the Tocsin that wrote it",
            )
        return State(str(said["state"]))

    def verified_state(self) -> State | None:
        """The last state whose markers hold; a damaged step counts as not done."""
        reached = self.state()
        if reached is None:
            return None
        good: State | None = None
        for step in STEPS[: STEPS.index(reached) + 1]:
            if not self._marker_holds(step):
                break
            good = step
        return good

    def advance(self, state: State, files: Iterable[Path]) -> None:
        """The step that leads to `state` has written these files, and nothing else counts."""
        os.sync()
        sizes = {str(path.relative_to(self.root)): path.stat().st_size for path in files}
        marker = {"format": FORMAT, "files": sizes}
        write_atomically(self._marker(state), canonical_json(marker))
        said = {
            "format": FORMAT,
            "day": self.day.isoformat(),
            "revision": self.revision,
            "state": state.value,
        }
        write_atomically(self.path / "state.json", canonical_json(said))

    def files_of(self, state: State) -> list[Path]:
        """The files that a finished step wrote."""
        said = read_object(self._marker(state))
        return [self.root / name for name in cast("dict[str, int]", said["files"])]

    def _marker(self, state: State) -> Path:
        return self.path / "markers" / f"{state.value}.json"

    def _marker_holds(self, state: State) -> bool:
        marker = self._marker(state)
        if not marker.exists():
            return False
        sizes = cast("dict[str, int]", read_object(marker)["files"])
        return all(_has_size(self.root / name, size) for name, size in sizes.items())


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def packages(root: Path) -> list[Package]:
    """All packages of a home by day and revision, finished or not."""
    found = []
    for path in (root / "runs").glob("*/r*"):
        revision = path.name[1:]
        if revision.isdigit() and (path / "state.json").exists():
            found.append(Package(root, dt.date.fromisoformat(path.parent.name), int(revision)))
    return sorted(found, key=lambda package: (package.day, package.revision))


def latest_published(root: Path, day: dt.date) -> Package | None:
    """The newest finished revision of a day."""
    done = [
        package
        for package in packages(root)
        if package.day == day and package.state() is State.PUBLISHED
    ]
    return done[-1] if done else None
