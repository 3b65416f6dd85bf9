"""What is made of all units together: statistics, findings, and the manifest that closes a run."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

import pyarrow as pa

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.files import canonical_json, read_object, sha256_of, write_atomically
from tocsin.engine.home import Home
from tocsin.engine.lake.layout import Unit, published_name
from tocsin.engine.lake.parquet import read_parquet, write_parquet
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.connection import Room
from tocsin.engine.nightly.findings import next_findings
from tocsin.engine.nightly.package import FORMAT, Package
from tocsin.engine.nightly.plan import Based, Plan
from tocsin.engine.nightly.snapshot import Snapshot, read_snapshot
from tocsin.engine.nightly.statistics import statistics_cube
from tocsin.model.errors import RunError

Published = Sequence[tuple[str, bool, Path]]
"""Report type, whether delayed, and the Parquet file of published rows."""

Account = Mapping[str, int]


def finish(
    home: Home, store: Store, package: Package, plan: Plan, catalogue: Catalogue, room: Room
) -> list[Path]:
    """Write statistics, findings and manifest of a run whose units are published."""
    published = [
        (
            unit.report_type,
            unit.delayed,
            store.fetch(published_name(package.day, package.revision, unit)),
        )
        for unit in plan.units()
    ]
    statistics = dated(home.statistics, package.day, package.revision)
    cube = statistics_cube(published, catalogue, package.day, room=room)
    write_parquet(cube, statistics)
    findings = dated(home.findings, package.day, package.revision)
    write_parquet(_findings(home, plan, catalogue, published, room), findings)
    manifest = package.path / "manifest.json"
    said = _manifest(home, package, plan, catalogue, [statistics, findings])
    write_atomically(manifest, canonical_json(said))
    return [statistics, findings, manifest]


def dated(folder: Path, day: dt.date, revision: int) -> Path:
    """Where a run's statistics or findings lie."""
    return folder / day.isoformat() / f"r{revision}.parquet"


def _findings(
    home: Home, plan: Plan, catalogue: Catalogue, published: Published, room: Room
) -> pa.Table:
    base = plan.findings_base
    previous = read_parquet(_base_path(home, base)) if base else None
    return next_findings(
        previous,
        published,
        catalogue,
        plan.date,
        reported=frozenset(
            (file.source, file.report_type) for file in plan.files if file.own and not file.delayed
        ),
        absent_days=plan.absent_days,
        room=room,
    )


def _base_path(home: Home, base: Based) -> Path:
    path = dated(home.findings, dt.date.fromisoformat(base.day), base.revision)
    if not path.exists():
        raise RunError(
            "the findings of the day before are gone",
            where=str(path),
            todo="restore them from a backup",
        )
    return path


def _manifest(
    home: Home, package: Package, plan: Plan, catalogue: Catalogue, products: Iterable[Path]
) -> dict[str, object]:
    units = {unit.stem: _unit(package, unit) for unit in plan.units()}
    reports = [
        report
        for unit in units.values()
        for report in cast("list[dict[str, object]]", unit.pop("reports"))
    ]
    snapshot = read_snapshot(package.path / "snapshot.json", catalogue)
    return {
        "format": FORMAT,
        "day": plan.day,
        "revision": package.revision,
        "replay_of": plan.replay_of,
        "partial": plan.partial,
        "planned_at": plan.planned_at,
        "catalogue": plan.catalogue,
        "snapshot": plan.snapshot,
        "atlases": list(plan.atlases),
        "missing_sources": list(plan.missing_sources),
        "sources": _sources(plan),
        "units": units,
        "rows_by_area": _rows_by_area(units, catalogue),
        "totals": _totals(units, reports, snapshot),
        "products": {str(path.relative_to(home.root)): sha256_of(path) for path in products},
        "reports": reports,
    }


def _unit(package: Package, unit: Unit) -> dict[str, object]:
    """What gathering, matching and publishing say of a unit."""
    gathered = read_object(package.path / "gathered" / f"{unit.stem}.json")
    matched = read_object(package.path / "matched" / f"{unit.stem}.json")
    published = read_object(package.path / "packs" / f"{unit.stem}.json")
    return {
        "report_type": unit.report_type,
        "delayed": unit.delayed,
        **gathered,
        **matched,
        **published,
    }


def _sources(plan: Plan) -> dict[str, dict[str, int]]:
    """What each source brought to this run."""
    files: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    delayed: Counter[str] = Counter()
    for file in plan.files:
        if file.own:
            files[file.source] += 1
            rows[file.source] += file.rows
            delayed[file.source] += file.rows if file.delayed else 0
    return {
        name: {"files": files[name], "rows": rows[name], "delayed_rows": delayed[name]}
        for name in sorted(files)
    }


def _rows_by_area(
    units: Mapping[str, Mapping[str, object]], catalogue: Catalogue
) -> dict[str, int]:
    areas: Counter[str] = Counter()
    for unit in units.values():
        area = catalogue.report_types[str(unit["report_type"])].area
        areas[area] += cast("int", unit["rows"])
    return dict(sorted(areas.items()))


def _totals(
    units: Mapping[str, Mapping[str, object]],
    reports: Sequence[Mapping[str, object]],
    snapshot: Snapshot,
) -> dict[str, int]:
    lists = {cast("int", report["list"]) for report in reports}
    organisations = {snapshot.lists[number].organisation for number in lists}
    summed = (
        "events",
        "repeated",
        "sent_before",
        "merged",
        "rows",
        "rows_reported",
        "suppressed",
        "unchanged",
    )
    return {
        **{name: sum(cast("int", unit[name]) for unit in units.values()) for name in summed},
        "reports": len(reports),
        "report_rows": sum(cast("int", report["rows"]) for report in reports),
        "lists": len(lists),
        "organisations": len(organisations),
    }
