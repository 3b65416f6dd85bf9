"""A night's run from plan to manifest: which package, which steps are left, in which order.

Every step reads files that an earlier one has finished and writes files of deterministic names
and bytes; killed anywhere, the run goes on from the last step whose files are whole.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.catalogue.correlations import kinds_asked
from tocsin.catalogue.entries import Catalogue
from tocsin.engine.execute import KeptProcesses
from tocsin.engine.files import canonical_json, read_object, remove_leftovers, write_atomically
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import cached_catalogue
from tocsin.engine.intake.ledger import Ledger
from tocsin.engine.judgements.book import Book
from tocsin.engine.judgements.values import Judgement
from tocsin.engine.lake.layout import PUBLISHED, Unit
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.connection import Room
from tocsin.engine.nightly.correlate import CorrelateInput, correlate
from tocsin.engine.nightly.earlier import Earlier, correlated_by, observed_by, still_there, taken_by
from tocsin.engine.nightly.expected import day_end, missing_sources
from tocsin.engine.nightly.finish import finish
from tocsin.engine.nightly.map_ages import map_warnings
from tocsin.engine.nightly.observations import choose_observations, late_records
from tocsin.engine.nightly.package import STEPS, Package, State, latest_published, packages
from tocsin.engine.nightly.pinning import pin_policy
from tocsin.engine.nightly.plan import Plan, as_planned, choose_files, plan_of
from tocsin.engine.nightly.snapshot import read_snapshot
from tocsin.engine.nightly.units import (
    UnitTask,
    gather_unit,
    match_unit,
    pinned_catalogue,
    publish_unit,
)
from tocsin.engine.nightly.withheld.chain import with_limits
from tocsin.engine.nightly.withheld.pinned import (
    digest_of,
    for_replay,
    judgements_in,
    pin_judgements,
    pinned_judgements,
)
from tocsin.model.errors import RunError


@dataclass(frozen=True, slots=True)
class NightSettings:
    """How a night is run; `memory_limit` is per worker, in DuckDB's words (`1GiB`)."""

    workers: int
    memory_limit: str = "1GiB"
    absent_days: int = 7
    shared_networks: tuple[tuple[str, int], ...] = ()


Progress = Callable[[str, int, int], None]
"""Called with what is going on, how far it is, and of how much."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished run; `fresh` is False when it had been finished before."""

    package: Package
    manifest: Mapping[str, object]
    fresh: bool


@dataclass(frozen=True, slots=True)
class Night:
    """What all runs of a home share."""

    home: Home
    store: Store
    catalogue: Catalogue
    settings: NightSettings
    progress: Progress

    # --- asked for ----------------------------------------------------------------------

    def run(
        self, day: dt.date, lists: Path, now: dt.datetime, *, partial: bool = False
    ) -> Finished:
        """Make or finish the run of a day. Busy if another run is at work in this home.

        Runs of earlier days that were begun are finished first. RunError for a day that is not
        over (unless `partial`, and then for one that has not begun), or that a later run has
        passed by.
        """
        with self.home.lock("nightly"):
            self._clear()
            self._finish_begun(before=day)
            package = self._begun(day)
            if package is not None and plan_of(package).partial and not partial:
                shutil.rmtree(package.path)
                package = None
            if package is None:
                done = latest_published(self.home.root, day)
                if done is not None and not plan_of(done).partial:
                    return self._once_more(done)
                package = self._plan_day(day, lists, now, partial=partial)
            return self._carry_out(package)

    def finish_begun(self) -> list[Finished]:
        """Finish the runs that were begun, oldest first; partial ones are given up."""
        with self.home.lock("nightly"):
            self._clear()
            return self._finish_begun(before=dt.date.max)

    def replay(self, day: dt.date, lists: Path | None, *, judged_today: bool = False) -> Finished:
        """Make a new revision of a finished run from the files of its plan, and only those.

        Without `lists` the snapshot of the run is used again, and its judgements unless
        `judged_today`. A replay that was begun is finished, unless other lists or judgements are
        asked for: then it is begun anew.
        """
        with self.home.lock("nightly"):
            self._clear()
            package = self._begun(day)
            before = latest_published(self.home.root, day)
            if package is not None and self._asks_for_others(package, lists, before, judged_today):
                shutil.rmtree(package.path)
                package = None
            if package is None:
                if before is None:
                    raise RunError(
                        f"there is no finished run of {day} to replay",
                        where=str(self.home.runs),
                        todo="tocsin reports list --all-days tells which days there are",
                    )
                package = self._plan_again(
                    before,
                    lists or before.path / "snapshot.json",
                    for_replay(before, self.home) if judged_today else judgements_in(before),
                )
            return self._carry_out(package)

    def _asks_for_others(
        self, begun: Package, lists: Path | None, before: Package | None, today: bool
    ) -> bool:
        """Whether a replay that was begun is of other lists or judgements than are wanted now."""
        plan = plan_of(begun)
        if plan.replay_of is None:
            return False
        others = lists is not None and read_snapshot(lists, self.catalogue).sha256 != plan.snapshot
        if before is None or not today:
            return others
        return others or digest_of(for_replay(before, self.home)) != plan.judgements

    def _finish_begun(self, *, before: dt.date) -> list[Finished]:
        """A later day must not be planned while an earlier one hangs: its rows would be lost."""
        finished = []
        for package in packages(self.home.root):
            if package.day >= before or package.state() is State.PUBLISHED:
                continue
            if plan_of(package).partial:
                shutil.rmtree(package.path)
            else:
                finished.append(self._carry_out(package))
        return finished

    def _once_more(self, done: Package) -> Finished:
        """A finished run as it is; what is missing of it is made again, with the same bytes."""
        if done.verified_state() is State.PUBLISHED:
            return Finished(done, _manifest(done), fresh=False)
        return self._carry_out(done)

    def _clear(self) -> None:
        """Remove what a killed night left half-written, and nothing of an intake under way."""
        written = (self.home.runs, self.home.lake / PUBLISHED)
        for place in (*written, self.home.statistics, self.home.findings):
            if place.exists():
                remove_leftovers(place)
        shutil.rmtree(self.home.night_work, ignore_errors=True)

    def missed_days(self, yesterday: dt.date) -> list[dt.date]:
        """Days since the last run, up to yesterday, that have none; yesterday alone at first."""
        done = [package.day for package in self._earlier.full_runs()]
        if not done:
            return [yesterday]
        first = max(done) + dt.timedelta(days=1)
        return [first + dt.timedelta(days=n) for n in range(max((yesterday - first).days + 1, 0))]

    @property
    def _earlier(self) -> Earlier:
        return Earlier(self.home.root)

    # --- planning -----------------------------------------------------------------------

    def _begun(self, day: dt.date) -> Package | None:
        """The package of a run of that day that was begun and not finished."""
        open_ones = [
            package
            for package in packages(self.home.root)
            if package.day == day and package.state() is not State.PUBLISHED
        ]
        return open_ones[-1] if open_ones else None

    def _plan_day(self, day: dt.date, lists: Path, now: dt.datetime, *, partial: bool) -> Package:
        unfinished = now < day_end(day)
        if now < day_end(day - dt.timedelta(days=1)):
            raise RunError(
                f"{day} has not begun yet", todo="name a day that has: tocsin nightly --date DAY"
            )
        if unfinished and not partial:
            raise RunError(
                f"{day} is not over yet: it ends at {day_end(day):%Y-%m-%d %H:%M} UTC",
                todo="wait, or say --partial for a look at what there is so far",
            )
        full = self._earlier.full_runs()
        later = [package for package in full if package.day > day]
        if later:
            raise RunError(
                f"{later[0].day} has been run already, and days are run in order",
                where=str(later[0].path),
                todo="rows of an earlier day that no run has taken come in the next night's "
                "delayed reports",
            )
        records = list(Ledger(self.home.ledger).records())
        base = self._earlier.last_before(day)
        held = () if unfinished else self._earlier.held_before(base, day, self.catalogue)
        asked = kinds_asked(self.catalogue.correlations)
        observations = choose_observations(day, records, observed_by(full), asked)
        late = late_records(observations, day, self.catalogue)
        chosen = choose_files(
            day,
            records,
            taken_by(full),
            self.catalogue,
            partial=unfinished,
            correlated=correlated_by(full),
            beside=[*with_limits(held, self.catalogue), *late],
        )
        missing = missing_sources(self.catalogue.sources.values(), records, day)
        atlases = tuple(sorted({name for record in records for name in record.atlases}))
        return self._write_plan(
            Package(self.home.root, day, self._next_revision(day)),
            lists,
            self.home.policy,
            Book(self.home).read(),
            lambda package, snapshot, judgements: Plan(
                day=day.isoformat(),
                revision=package.revision,
                planned_at=now.isoformat(),
                partial=unfinished,
                catalogue=self.catalogue.version,
                snapshot=snapshot,
                atlases=atlases,
                files=chosen.files,
                seen=chosen.seen,
                absent_days=self.settings.absent_days,
                shared_networks=self.settings.shared_networks,
                missing_sources=missing,
                warnings=map_warnings(self.home.atlases, atlases, day),
                observations=still_there(self.store, observations),
                delta_base=self._earlier.sunday_before(day),
                findings_base=base,
                held=held,
                judgements=judgements,
            ),
        )

    def _plan_again(self, before: Package, lists: Path, judgements: Sequence[Judgement]) -> Package:
        said = as_planned(before).to_json()

        def plan(package: Package, snapshot: str, judgements: str) -> Plan:
            return Plan.from_json(
                {
                    **said,
                    "revision": package.revision,
                    "replay_of": before.revision,
                    "snapshot": snapshot,
                    "catalogue": self.catalogue.version,
                    "judgements": judgements,
                }
            )

        package = Package(self.home.root, before.day, self._next_revision(before.day))
        return self._write_plan(package, lists, before.path, judgements, plan)

    def _write_plan(
        self,
        package: Package,
        lists: Path,
        policy: Path,
        judgements: Sequence[Judgement],
        plan: Callable[[Package, str, str], Plan],
    ) -> Package:
        self.progress("planning", 0, 1)
        snapshot = read_snapshot(lists, self.catalogue)
        snapshot_path = package.path / "snapshot.json"
        write_atomically(snapshot_path, lists.read_bytes())
        pinned = [snapshot_path, *pin_policy(policy, package)]
        shutil.rmtree(pinned_catalogue(package), ignore_errors=True)
        if self.home.catalogue.is_dir():
            shutil.copytree(self.home.catalogue, pinned_catalogue(package))
        pinned += pin_judgements(package, judgements)
        planned = plan(package, snapshot.sha256, digest_of(judgements))
        plan_path = package.path / "plan.json"
        write_atomically(plan_path, canonical_json(planned.to_json()))
        package.advance(State.PLANNED, [*pinned, plan_path])
        self.progress("planning", 1, 1)
        return package

    def _next_revision(self, day: dt.date) -> int:
        known = [package.revision for package in packages(self.home.root) if package.day == day]
        return max(known, default=0) + 1

    # --- steps --------------------------------------------------------------------------

    def _carry_out(self, package: Package) -> Finished:
        plan = plan_of(package)
        catalogue = cached_catalogue(pinned_catalogue(package))
        if plan.catalogue != catalogue.version:
            raise RunError(
                "this run was planned by another release of Tocsin, with other report types",
                where=str(package.path),
                todo="finish it with that release; the next night runs with this one",
            )
        pinned_judgements(package, plan)
        reached = package.verified_state()
        left = STEPS[STEPS.index(reached) + 1 :] if reached else STEPS[1:]
        with KeptProcesses(self.settings.workers) as processes:
            for step in left:
                # What the correlations made is part of the plan from then on.
                plan = plan_of(package)
                package.advance(step, self._step(step, package, plan, catalogue, processes))
        shutil.rmtree(self.home.night_work, ignore_errors=True)
        return Finished(package, _manifest(package), fresh=True)

    def _step(
        self,
        step: State,
        package: Package,
        plan: Plan,
        catalogue: Catalogue,
        processes: KeptProcesses,
    ) -> list[Path]:
        if step is State.CORRELATED:
            self.progress("correlating", 0, 1)
            scratch, threads = self.home.night_work / "correlate", self.settings.workers
            room = Room(self.settings.memory_limit, scratch, threads)
            planned = as_planned(package)
            return correlate(
                CorrelateInput(self.home, self.store, package, planned, catalogue, room)
            )
        if step is State.PUBLISHED:
            published = self._units("publishing", publish_unit, package, plan, processes)
            # What the workers hold is room for what follows, and their threads are free.
            processes.end()
            scratch, threads = self.home.night_work / "finish", self.settings.workers
            room = Room(self.settings.memory_limit, scratch, threads)
            made = finish(self.home, self.store, package, plan, catalogue, room)
            return [*published, *made]
        if step is State.GATHERED:
            return self._units("gathering", gather_unit, package, plan, processes)
        return self._units("matching", match_unit, package, plan, processes)

    def _units(
        self,
        title: str,
        function: Callable[[UnitTask], Sequence[Path]],
        package: Package,
        plan: Plan,
        processes: KeptProcesses,
    ) -> list[Path]:
        """One step for all units, the largest first; the files that it wrote."""
        rows = Counter[Unit]()
        for file in plan.rows:
            rows[file.unit] += file.rows
        units = sorted(plan.units(), key=lambda unit: -rows[unit])
        tasks = [
            UnitTask(self.home.root, self.store, package, unit, self.settings.memory_limit)
            for unit in units
        ]
        done = 0
        self.progress(title, done, len(tasks))

        def count(_: int, __: Sequence[Path]) -> None:
            nonlocal done
            done += 1
            self.progress(title, done, len(tasks))

        results = processes.run_tasks(function, tasks, on_done=count)
        return [path for paths in results for path in paths]


def _manifest(package: Package) -> Mapping[str, object]:
    return read_object(package.path / "manifest.json")
