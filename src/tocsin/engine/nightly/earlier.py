"""The runs of a home that a new one builds on, and what they have taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.lake.layout import OBSERVATIONS
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.correlated import read_correlated
from tocsin.engine.nightly.delta import FULL_REPORT_ON
from tocsin.engine.nightly.observations import PlannedObservations
from tocsin.engine.nightly.package import Package, State, latest_published, packages
from tocsin.engine.nightly.plan import Based, as_planned, plan_of
from tocsin.engine.nightly.planned import PlannedFile
from tocsin.engine.nightly.withheld.chain import held_by, taken_over


def taken_by(full: Iterable[Package]) -> dict[str, PlannedFile]:
    """Lake file -> as the run that owns it planned it; replays plan the same files again."""
    return {file.name: file for package in full for file in plan_of(package).files if file.own}


def observed_by(full: Iterable[Package]) -> set[str]:
    """The files of observations that earlier runs took."""
    plans = [as_planned(package) for package in full]
    return {file.name for plan in plans for file in plan.observations if file.own}


def correlated_by(full: Iterable[Package]) -> list[PlannedFile]:
    """The files that the correlations of the last revision of each day made."""
    last = {package.day: package for package in full if package.state() is State.PUBLISHED}
    return [file for package in last.values() for file in read_correlated(package).files]


def still_there(
    store: Store, files: Iterable[PlannedObservations]
) -> tuple[PlannedObservations, ...]:
    """Of the observations that are read again those that have not been pruned."""
    found = tuple(files)
    days = {file.day for file in found if not file.own}
    kept = {name for day in days for name in store.names(f"{OBSERVATIONS}/{day}")}
    return tuple(file for file in found if file.own or file.name in kept)


@dataclass(frozen=True, slots=True)
class Held:
    """A run, and the files of rows that it holds back."""

    package: Package
    files: tuple[PlannedFile, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The runs of the home at `root`; partial ones count for nothing."""

    root: Path

    def full_runs(self) -> list[Package]:
        """By day and revision, finished or not."""
        return [package for package in packages(self.root) if not plan_of(package).partial]

    def sunday_before(self, day: dt.date) -> Based | None:
        """The full report that delta lists are told the changes to; none on a Sunday itself."""
        back = (day.weekday() - FULL_REPORT_ON) % 7
        return self._based(day - dt.timedelta(days=back)) if back else None

    def last_before(self, day: dt.date) -> Based | None:
        """The last finished run of an earlier day, its newest revision."""
        earlier = {
            package.day
            for package in self.full_runs()
            if package.day < day and package.state() is State.PUBLISHED
        }
        return self._based(max(earlier)) if earlier else None

    def held_before(
        self, base: Based | None, day: dt.date, catalogue: Catalogue
    ) -> tuple[PlannedFile, ...]:
        """What that run holds back, which is for the run of `day` to send or to hold on."""
        if base is None:
            return ()
        before = Package(self.root, dt.date.fromisoformat(base.day), base.revision)
        return taken_over(held_by(before), day, catalogue)

    def held_last(self) -> Held | None:
        """What the last run holds back, which the next plan will take; None if nothing."""
        base = self.last_before(dt.date.max)
        if base is None:
            return None
        last = Package(self.root, dt.date.fromisoformat(base.day), base.revision)
        files = held_by(last)
        return Held(last, files) if files else None

    def _based(self, day: dt.date) -> Based | None:
        found = latest_published(self.root, day)
        if found is None or plan_of(found).partial:
            return None
        return Based(day.isoformat(), found.revision)
