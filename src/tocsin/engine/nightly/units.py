"""The night's steps for one unit, each from files of the step before to files of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.engine.files import canonical_json, write_atomically
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import cached_catalogue
from tocsin.engine.judgements.values import Judgement
from tocsin.engine.lake.layout import (
    Unit,
    audiences_name,
    published_name,
    published_prefix,
)
from tocsin.engine.lake.parquet import read_parquet, row_count, write_parquet, write_pieces
from tocsin.engine.lake.schema import record_schema
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.delta import FULL_REPORT_ON, DeltaBase, identity_hashes
from tocsin.engine.nightly.gather import GatherInput, group
from tocsin.engine.nightly.gather_events import Segments
from tocsin.engine.nightly.gathered import GatheredRows
from tocsin.engine.nightly.lake_rows import LakeRows
from tocsin.engine.nightly.match import Matcher
from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.packs import PackWriter
from tocsin.engine.nightly.plan import Plan, plan_of
from tocsin.engine.nightly.planned import PlannedFile
from tocsin.engine.nightly.publish import (
    Subjects,
    audiences_json,
    published_rows,
    published_schema,
    read_audiences,
)
from tocsin.engine.nightly.ranked import ranked_rows
from tocsin.engine.nightly.snapshot import Snapshot, read_snapshot
from tocsin.engine.nightly.withheld.asked import asked, by_all_names
from tocsin.engine.nightly.withheld.chain import KEY, store_held
from tocsin.engine.nightly.withheld.held_rows import HeldRows
from tocsin.engine.nightly.withheld.limits import Limits
from tocsin.engine.nightly.withheld.pinned import pinned_judgements
from tocsin.engine.nightly.withheld.verdicts import Judge
from tocsin.engine.nightly.withheld.withholding import Withholding
from tocsin.model.address import Ints
from tocsin.model.errors import RunError


@dataclass(frozen=True, slots=True)
class UnitTask:
    """One unit of one run; `memory_limit` is for the worker that does it."""

    home: Path
    store: Store
    package: Package
    unit: Unit
    memory_limit: str


@dataclass(frozen=True)
class _Run:
    """What all units of a run share; read once in each worker."""

    plan: Plan
    catalogue: Catalogue
    snapshot: Snapshot
    judgements: tuple[Judgement, ...]

    @cached_property
    def matcher(self) -> Matcher:
        """Built whole from the snapshot, once."""
        return Matcher(self.snapshot)

    def window(self, report_type: ReportType) -> tuple[dt.datetime, dt.datetime]:
        """The span of time that a type's rows may be of; late rows reach back further."""
        end = dt.datetime.combine(self.plan.date + dt.timedelta(days=1), dt.time(), dt.UTC)
        days = [dt.date.fromisoformat(file.day) for file in self.plan.rows]
        first = min([*days, self.plan.date - dt.timedelta(days=report_type.window_days - 1)])
        return dt.datetime.combine(first, dt.time(), dt.UTC), end

    def type_of(self, unit: Unit) -> ReportType:
        return self.catalogue.report_types[unit.report_type]


def pinned_catalogue(package: Package) -> Path:
    """The home's own catalogue files as they were when the run was planned."""
    return package.path / "catalogue"


def _run(package: Package) -> _Run:
    """Read anew if the package was planned anew under the same number."""
    stat = (package.path / "plan.json").stat()
    return _read_run(package, (stat.st_ino, stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=2)
def _read_run(package: Package, _stamp: tuple[int, int, int]) -> _Run:
    catalogue = cached_catalogue(pinned_catalogue(package))
    snapshot = read_snapshot(package.path / "snapshot.json", catalogue)
    plan = plan_of(package)
    return _Run(plan, catalogue, snapshot, pinned_judgements(package, plan))


def gather_unit(task: UnitTask) -> list[Path]:
    """The unit's events become groups."""
    run = _run(task.package)
    report_type = run.type_of(task.unit)
    folder = task.package.path / "gathered"
    destination = folder / f"{task.unit.stem}.parquet"
    files = run.plan.files_of(task.unit)
    lake_files = _fetched(task, files)
    grouped = group(
        GatherInput(
            report_type=report_type,
            files=lake_files,
            seen=_fetched(task, run.plan.seen_by(task.unit)),
            segments=_segments(run, report_type),
            shared_networks=run.plan.shared_networks,
            memory_limit=task.memory_limit,
            scratch=_scratch(task),
            withholding=_withholding(task, run, lake_files),
            # A plan's files come first, then what it takes over.
            carried=lake_files[len(files) - len(run.plan.carried_by(task.unit)) :],
        ),
        destination,
    )
    account = grouped.account
    if not account.adds_up or account.events != sum(file.rows for file in files):
        raise RunError(
            f"the events of {task.unit.stem} do not add up; nothing was published",
            where=str(destination),
            todo="report this with the run's folder, it is a fault of Tocsin's",
        )
    held = store_held(task.store, task.package, task.unit, grouped.held)
    said = {**account.to_json(), **({KEY: held} if held else {})}
    return [destination, _write_account(folder, task.unit, said)]


def _withholding(task: UnitTask, run: _Run, lake_files: Sequence[Path]) -> Withholding:
    """What judgements and limits ask of the unit; of a preview nothing is held for later."""
    report_type, plan, unit = run.type_of(task.unit), run.plan, task.unit
    files = plan.files_of(unit)
    days = {dt.date.fromisoformat(file.day) for file in files}
    planned_at = dt.datetime.fromisoformat(plan.planned_at)
    named = asked(run.judgements, report_type, days, planned_at)
    judgements = tuple(by_all_names(named, run.catalogue))
    schema = record_schema(report_type, run.catalogue)
    lake = LakeRows(report_type, lake_files)
    return Withholding(
        judge=Judge(judgements) if judgements else None,
        limits=Limits.of(run.catalogue.rules, report_type),
        held=None if plan.partial else HeldRows(lake, schema, _scratch(task) / "held"),
        told_again=frozenset(number for number, file in enumerate(files) if not file.own),
        waiting=_fetched(task, plan.waiting_in(unit)),
    )


def _files(task: UnitTask, run: _Run) -> list[Path]:
    """The unit's lake files, each checked against the plan."""
    return _fetched(task, run.plan.files_of(task.unit))


def _fetched(task: UnitTask, files: Sequence[PlannedFile]) -> list[Path]:
    return [task.store.fetch(file.name, sha256=file.sha256) for file in files]


def _scratch(task: UnitTask) -> Path:
    return Home(task.home).night_work / task.unit.stem


def _rows(task: UnitTask, run: _Run) -> GatheredRows:
    """The unit's rows after gathering."""
    lake = LakeRows(run.type_of(task.unit), _files(task, run))
    groups = task.package.path / "gathered" / f"{task.unit.stem}.parquet"
    return GatheredRows(lake, groups, _scratch(task))


def _segments(run: _Run, report_type: ReportType) -> Segments | None:
    """What tells rows apart by time where a subscribed network begins or ends within the window."""
    boundaries = run.snapshot.boundaries(*run.window(report_type))
    if not boundaries:
        return None
    return partial(run.matcher.segments, boundaries=boundaries)


def match_unit(task: UnitTask) -> list[Path]:
    """The unit's rows get their audiences, and their ranks among the published rows."""
    run = _run(task.package)
    report_type = run.type_of(task.unit)
    matching = run.matcher.begin(report_type, _delta_base(task, run))
    columns = matching.columns
    if matching.needs_identities:
        columns = list(dict.fromkeys([*columns, *report_type.identity]))
    subjects = Subjects()
    for rows in _rows(task, run).pieces(columns):
        hashes = identity_hashes(rows, report_type) if matching.needs_identities else None
        matching.add(rows, hashes)
        subjects.add(rows)
    matched = matching.done()
    said = {"_audience": pa.array(matched.audience, pa.int32()), "_rank": subjects.ranks()}
    folder = task.package.path / "matched"
    beside = folder / f"{task.unit.stem}.parquet"
    write_parquet(pa.table(said), beside)
    audiences = folder / f"{task.unit.stem}.audiences.json"
    write_atomically(audiences, audiences_json(matched.audiences))
    account = {
        "rows_reported": int(np.count_nonzero(matched.audience)),
        "suppressed": sum(matched.suppressed.values()),
        "suppressed_by": matched.suppressed,
        "unchanged": matched.unchanged,
    }
    return [beside, audiences, _write_account(folder, task.unit, account)]


def _delta_base(task: UnitTask, run: _Run) -> DeltaBase | None:
    """What was published on Sunday in this unit, for the lists that want changes only."""
    based = run.plan.delta_base
    if based is None or task.unit.delayed:
        return None
    day = dt.date.fromisoformat(based.day)
    name = published_name(day, based.revision, task.unit)
    if name not in task.store.names(published_prefix(day, based.revision)):
        return DeltaBase(pa.array([], pa.binary(16)), [], [()])
    rows = read_parquet(task.store.fetch(name), ["_identity", "_audience"])
    audiences = read_audiences(task.store.fetch(audiences_name(day, based.revision, task.unit)))
    return DeltaBase(rows.column("_identity"), rows.column("_audience"), audiences)


def publish_unit(task: UnitTask) -> list[Path]:
    """The unit's rows as people may see them, and its pack of reports."""
    run = _run(task.package)
    report_type = run.type_of(task.unit)
    matched = task.package.path / "matched" / f"{task.unit.stem}.parquet"
    said = matched.with_suffix(".audiences.json")
    audiences = read_audiences(said)
    scratch = _scratch(task)
    packs = task.package.path / "packs"
    writer = PackWriter(
        audiences,
        run.snapshot.lists,
        report_type,
        day=run.plan.date,
        delayed=task.unit.delayed,
        directory=packs,
        scratch=scratch,
    )

    def into_the_pack() -> Iterator[tuple[pa.Table, Ints]]:
        identified = task.package.day.weekday() == FULL_REPORT_ON
        aliases = run.catalogue.column_aliases
        for rows, ranks in published_rows(
            _rows(task, run), matched, aliases, identified=identified
        ):
            writer.add(rows)
            yield rows, ranks

    by_subject = ranked_rows(into_the_pack(), row_count(matched), scratch / "by-subject")
    rows_path = scratch / "rows.parquet"
    write_pieces(by_subject, published_schema(report_type), rows_path)
    pack = writer.done()
    _store_published(task, rows_path, said)
    account = _write_account(packs, task.unit, {"has_pack": pack is not None})
    return [account] if pack is None else [pack.path, pack.index, account]


def _store_published(task: UnitTask, rows: Path, audiences: Path) -> None:
    day, revision = task.package.day, task.package.revision
    beside = rows.with_name("audiences.json")
    write_atomically(beside, audiences.read_bytes())
    names = {
        published_name(day, revision, task.unit): rows,
        audiences_name(day, revision, task.unit): beside,
    }
    for name, path in names.items():
        task.store.put_file(path, name)


def _write_account(folder: Path, unit: Unit, account: Mapping[str, object]) -> Path:
    path = folder / f"{unit.stem}.json"
    write_atomically(path, canonical_json(account))
    return path
