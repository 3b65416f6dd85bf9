"""What is old enough to go, tier by tier, and removing it.

Deciding and removing are apart, so that a dry run shows exactly what would go. What a run in
progress, or a package that somebody pinned (a file `keep` inside it), names stays,
as do rows on hold that no run has sent yet.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.engine.atlas.store import list_atlases
from tocsin.engine.files import read_object
from tocsin.engine.home import Home
from tocsin.engine.intake.ledger import Ledger
from tocsin.engine.intake.spool import DONE, FAILED
from tocsin.engine.lake.layout import OBSERVATIONS, PUBLISHED, RECORDS, WITHHELD
from tocsin.engine.lake.pruned import note_pruned
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.earlier import Earlier
from tocsin.engine.nightly.package import Package, State, packages
from tocsin.engine.nightly.plan import Plan, plan_of


@dataclass(frozen=True, slots=True)
class Retention:
    """Days that each tier is kept; statistics are kept for ever."""

    observations: int = 3
    records: int = 35
    rejects: int = 7
    published: int = 90
    packs: int = 90
    findings: int = 400


@dataclass(frozen=True, slots=True, order=True)
class Old:
    """What may go: a file or folder of the home by its path, or a file of the lake by its name."""

    tier: str
    place: str
    size: int
    in_lake: bool = False


def find_old(home: Home, store: Store, retention: Retention, today: dt.date) -> list[Old]:
    """What has outlived its tier, by tier and place."""
    return sorted(_Search(home, store, retention, today).found())


def remove_old(
    home: Home, store: Store, old: list[Old], retention: Retention, today: dt.date
) -> None:
    """Remove what `find_old` found. Busy while files are taken in or a night is run.

    The boundary of the records is noted first: from then on no row of such a day is taken in,
    since nothing could tell whether it had been sent.
    """
    with home.lock("collect"), home.lock("nightly"):
        note_pruned(home, today - dt.timedelta(days=retention.records))
        for each in old:
            path = Path(each.place)
            if each.in_lake:
                store.remove(each.place)
            elif path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


class _Search:
    def __init__(self, home: Home, store: Store, retention: Retention, today: dt.date) -> None:
        self.home = home
        self.store = store
        self.retention = retention
        self.today = today
        self.held = Earlier(home.root).held_last()
        kept = [package for package in packages(home.root) if self._stays(package)]
        plans = [plan_of(package) for package in kept]
        self.kept_runs = {package.path for package in kept}
        self.kept_files = {
            name
            for package, plan in zip(kept, plans, strict=True)
            if self._names_records(package)
            for name in _named_by(plan)
        }
        self.kept_files |= {file.name for file in self.held.files} if self.held else set()
        self.kept_files |= self._waiting()
        self.kept_atlases = {name for plan in plans for name in plan.atlases}

    def _waiting(self) -> set[str]:
        """Files that no run has taken yet: rows that are still to be told of."""
        full = [plan_of(package) for package in packages(self.home.root)]
        whole = [plan for plan in full if not plan.partial]
        taken = {file.name for plan in whole for file in plan.files}
        taken |= {file.name for plan in whole for file in plan.observations}
        stored = {
            output.name
            for record in Ledger(self.home.ledger).records()
            if not record.historical
            for output in record.outputs
        }
        return stored - taken

    def _limit(self, days: int) -> dt.date:
        return self.today - dt.timedelta(days=days)

    def _stays(self, package: Package) -> bool:
        """The run that holds rows back names the files that the next one takes."""
        holds = self.held is not None and package == self.held.package
        young = package.day >= self._limit(self.retention.packs)
        return holds or young or self._names_records(package)

    def _names_records(self, package: Package) -> bool:
        """A finished run needs its records no more, unless somebody pinned it for a replay."""
        return package.state() is not State.PUBLISHED or (package.path / "keep").exists()

    def found(self) -> Iterator[Old]:
        home, retention = self.home, self.retention
        yield from self._lake(OBSERVATIONS, retention.observations)
        yield from self._lake(RECORDS, retention.records)
        yield from self._lake(WITHHELD, retention.records)
        yield from self._lake(PUBLISHED, retention.published)
        yield from self._ledger()
        for folder in (home.rejects, home.ledger / "refused"):
            yield from self._days(folder, retention.rejects, "rejects")
        for source in sorted(home.spool.glob("*")):
            for folder in (source / DONE, source / FAILED):
                yield from self._days(folder, retention.rejects, "spool")
        for old in self._days(home.runs, retention.packs, "packs"):
            for run in sorted(Path(old.place).iterdir()):
                if run not in self.kept_runs:
                    yield _old("packs", run)
        yield from self._days(home.findings, retention.findings, "findings")
        yield from self._atlases()

    def _days(self, folder: Path, days: int, tier: str) -> Iterator[Old]:
        limit = self._limit(days).isoformat()
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if _is_day(path.name) and path.name < limit:
                    yield _old(tier, path)

    def _lake(self, tier: str, days: int) -> Iterator[Old]:
        """The files of a tier of the lake that are of days gone by, but for those kept."""
        limit = self._limit(days).isoformat()
        for name in self.store.names(tier):
            if name.split("/")[1] < limit and name not in self.kept_files:
                yield Old(tier, name, self.store.size(name), in_lake=True)

    def _ledger(self) -> Iterator[Old]:
        """Commit records all of whose rows are of pruned days, and the contents they name."""
        limit = self._limit(self.retention.records).isoformat()
        ledger = Ledger(self.home.ledger)
        for path in sorted((self.home.ledger / "batches").glob("*/*.json")):
            if path.parent.name >= limit:
                continue
            record = ledger.record(path.stem)
            names = {output.name for output in record.outputs}
            if all(output.day < limit for output in record.outputs) and not (
                names & self.kept_files
            ):
                yield _old("ledger", path)
        for path in sorted((self.home.ledger / "contents").glob("*/*/*.json")):
            if str(read_object(path)["received"]) < limit:
                yield _old("ledger", path)

    def _atlases(self) -> Iterator[Old]:
        """Atlases that nothing kept names, but for those of the time that is still taken in."""
        infos = list_atlases(self.home.atlases)
        limit = dt.datetime.combine(self._limit(self.retention.packs), dt.time(), dt.UTC)
        used = [info for info in infos if info.at <= limit]
        for info in used[:-1]:
            if info.name not in self.kept_atlases:
                yield _old("atlas", self.home.atlases / info.name)


def _named_by(plan: Plan) -> Iterator[str]:
    """All files of the lake that a run reads."""
    yield from (file.name for file in (*plan.files, *plan.seen, *plan.held))
    yield from (file.name for file in plan.observations)


def _is_day(name: str) -> bool:
    try:
        dt.date.fromisoformat(name)
    except ValueError:
        return False
    return True


def _old(tier: str, path: Path) -> Old:
    files = path.rglob("*") if path.is_dir() else [path]
    return Old(tier, str(path), sum(file.stat().st_size for file in files if file.is_file()))


def by_tier(old: list[Old]) -> Mapping[str, tuple[int, int]]:
    """Tier -> how many files or folders, how many bytes."""
    tiers: dict[str, tuple[int, int]] = {}
    for each in old:
        number, size = tiers.get(each.tier, (0, 0))
        tiers[each.tier] = (number + 1, size + each.size)
    return tiers
