"""Correlation: observations of a group that are harm together become records.

One correlation after the other, and of each one day after the other, reads the files of its
kinds of observation. What is found becomes files of records in the lake, which this run gathers
with all others; they are judged like records that came in, and nothing of them is lost unseen.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tocsin.catalogue.correlations import Correlation
from tocsin.catalogue.entries import Catalogue
from tocsin.engine.classify.correlation_find import Episode, find_episodes
from tocsin.engine.classify.correlation_sql import CorrelationSql
from tocsin.engine.files import sha256_of
from tocsin.engine.home import Home
from tocsin.engine.intake.allow_list import read_allow_list
from tocsin.engine.intake.known_networks import read_known_networks
from tocsin.engine.intake.locate import Atlases
from tocsin.engine.lake.layout import correlated_name
from tocsin.engine.lake.parquet import write_parquet
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.connection import Room, connected
from tocsin.engine.nightly.correlated import read_correlated, write_correlated
from tocsin.engine.nightly.correlated_rows import Made, RecordMaker
from tocsin.engine.nightly.observations import PlannedObservations, days_to_correlate
from tocsin.engine.nightly.observed import Observed
from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.plan import Plan
from tocsin.engine.nightly.planned import PlannedFile
from tocsin.engine.nightly.withheld.pinned import pinned_judgements, unbelieved

MOST_ROWS = 1 << 24
"""So many observations are looked at together; what comes out does not hang on it."""


@dataclass(frozen=True)
class CorrelateInput:
    """What the step works on. `room`: threads, memory, and a folder for what exceeds it."""

    home: Home
    store: Store
    package: Package
    plan: Plan
    catalogue: Catalogue
    room: Room
    most_rows: int = MOST_ROWS


def correlate(given: CorrelateInput) -> list[Path]:
    """Find what the correlations of the run find, and store the records; the files that say so."""
    if not _all_there(given):
        return [_as_before(given)]
    return [_Step(given).run()]


def allow_list_of(package: Package) -> Path:
    """The allow-list as it was when the run was planned."""
    return package.path / "allow.csv"


def known_of(package: Package) -> Path:
    """The lists of known networks as they were when the run was planned."""
    return package.path / "known"


def _all_there(given: CorrelateInput) -> bool:
    """Observations live for days, packages for months."""
    if given.plan.replay_of is None:
        return True
    days = {file.day for file in given.plan.observations}
    held = {name for day in days for name in given.store.names(f"observations/{day}")}
    return held.issuperset(file.name for file in given.plan.observations)


def _as_before(given: CorrelateInput) -> Path:
    """A replay whose observations are gone has the records that were made while they were there."""
    replayed = Package(given.package.root, given.package.day, given.plan.replay_of or 0)
    before = read_correlated(replayed)
    return write_correlated(given.package, before.files, list(before.account))


class _Step:
    def __init__(self, given: CorrelateInput) -> None:
        self._given = given
        self._maker = RecordMaker(
            catalogue=given.catalogue,
            atlases=Atlases(given.home.atlases, given.plan.atlases),
            allowed=read_allow_list(allow_list_of(given.package)),
            known=read_known_networks(known_of(given.package)),
            received=dt.datetime.fromisoformat(given.plan.planned_at),
        )
        self._unbelieved = unbelieved(pinned_judgements(given.package, given.plan))
        self._tables: dict[tuple[dt.date, str, str], list[pa.Table]] = defaultdict(list)

    def run(self) -> Path:
        account: list[dict[str, object]] = []
        for correlation in self._given.catalogue.correlations:
            files = [f for f in self._given.plan.observations if f.kind in correlation.kinds]
            counts = Counter[str]()
            for day in days_to_correlate(files, self._given.plan.date):
                counts += self._correlate(correlation, files, day)
            if counts:
                account.append({"id": correlation.id, **dict(sorted(counts.items()))})
        return write_correlated(self._given.package, sorted(self._stored()), account)

    # --- one correlation of one day -----------------------------------------------------

    def _correlate(
        self, correlation: Correlation, files: Sequence[PlannedObservations], day: dt.date
    ) -> Counter[str]:
        days = (day.isoformat(), (day - dt.timedelta(days=1)).isoformat())
        near = [file for file in files if file.day in days]
        before = [file for file in near if not file.own]
        found = self._find(correlation, near, day)
        known = 0
        if any(file.day == days[0] for file in before):
            told = self._find(correlation, before, day)
            fresh = _without(found, told)
            known, found = len(found) - len(fresh), fresh
        counts = Counter({"observations": sum(f.rows for f in near if f.own and f.day == days[0])})
        counts["episodes"] = len(found)
        counts["told_before"] = known
        for name in correlation.report_types:
            for made in self._maker.records(correlation, name, day, found):
                self._keep(made, day, name)
                counts += made.counts
        return +counts

    def _find(
        self, correlation: Correlation, files: Sequence[PlannedObservations], day: dt.date
    ) -> list[Episode]:
        if not files:
            return []
        local = [self._given.store.fetch(file.name, sha256=file.sha256) for file in files]
        reach = CorrelationSql(correlation, day).reach
        observed = Observed(correlation, local, reach, self._unbelieved)
        rows = sum(file.rows for file in files)
        parts = -(-rows // self._given.most_rows)
        episodes: list[Episode] = []
        with connected(self._given.room) as connection:
            for _ in observed.parts(connection, parts, self._scratch):
                episodes += find_episodes(connection, correlation, day)
        return sorted(episodes, key=lambda each: (each.first, str(each.key), each.begin))

    @property
    def _scratch(self) -> Path:
        return self._given.home.night_work / "correlate"

    # --- the records --------------------------------------------------------------------

    def _keep(self, made: Made, day: dt.date, report_type: str) -> None:
        if made.table.num_rows:
            self._tables[day, report_type, made.source].append(made.table)

    def _stored(self) -> Iterator[PlannedFile]:
        package = self._given.package
        for (day, report_type, source), tables in sorted(self._tables.items()):
            window = self._given.catalogue.report_types[report_type].window_days
            table = pa.concat_tables(tables)
            run = f"{package.day.isoformat()}-r{package.revision}"
            name = correlated_name(day, report_type, run, source)
            scratch = self._scratch / name.replace("/", "_")
            write_parquet(table, scratch)
            checksum = sha256_of(scratch)
            self._given.store.put_file(scratch, name)
            yield PlannedFile(
                name=name,
                sha256=checksum,
                rows=table.num_rows,
                day=day.isoformat(),
                report_type=report_type,
                source=source,
                delayed=day <= package.day - dt.timedelta(days=window),
            )


def _without(found: Sequence[Episode], told: Sequence[Episode]) -> list[Episode]:
    """Those that no earlier run has told of, be it as a shorter one."""
    by_group: dict[object, list[Episode]] = defaultdict(list)
    for each in told:
        by_group[each.key].append(each)
    return [each for each in found if not any(each.meets(old) for old in by_group[each.key])]
