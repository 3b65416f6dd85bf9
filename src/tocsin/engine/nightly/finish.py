"""What is made of all units together: statistics, findings, and the manifest that closes a run."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.files import canonical_json, write_atomically
from tocsin.engine.home import Home
from tocsin.engine.lake.layout import published_name
from tocsin.engine.lake.parquet import write_parquet
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.connection import Room
from tocsin.engine.nightly.day_ranges import deal_out, step_ranges
from tocsin.engine.nightly.findings import KEEP_DAYS, with_tokens
from tocsin.engine.nightly.findings_step import Rules
from tocsin.engine.nightly.manifest import manifest_of
from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.plan import Based, Plan
from tocsin.engine.nightly.statistics import cube_of, units_of
from tocsin.model.errors import RunError


def finish(
    home: Home, store: Store, package: Package, plan: Plan, catalogue: Catalogue, room: Room
) -> list[Path]:
    """Write statistics, findings and manifest of a run whose units are published.

    `room`: as many workers as it has threads, each with its memory.
    """
    statistics = dated(home.statistics, package.day, package.revision)
    findings = dated(home.findings, package.day, package.revision)
    published = [
        (
            unit.report_type,
            unit.delayed,
            store.fetch(published_name(package.day, package.revision, unit)),
        )
        for unit in plan.units()
    ]
    folder = home.night_work / "ranges"
    shutil.rmtree(folder, ignore_errors=True)
    base = None if plan.findings_base is None else _base_path(home, plan.findings_base)
    dealt = deal_out(units_of(published, catalogue), base, folder, workers=room.threads)
    counts = step_ranges(dealt, _rules(plan), findings)
    write_parquet(cube_of(dealt, counts, package.day, room), statistics)
    shutil.rmtree(folder, ignore_errors=True)
    manifest = package.path / "manifest.json"
    said = manifest_of(home, package, plan, catalogue, [statistics, findings])
    write_atomically(manifest, canonical_json(said))
    return [statistics, findings, manifest]


def dated(folder: Path, day: dt.date, revision: int) -> Path:
    """Where a run's statistics or findings lie."""
    return folder / day.isoformat() / f"r{revision}.parquet"


def _rules(plan: Plan) -> Rules:
    reported = {
        (file.source, file.report_type) for file in plan.files if file.own and not file.delayed
    }
    return Rules(plan.date, plan.absent_days, KEEP_DAYS, with_tokens(reported))


def _base_path(home: Home, base: Based) -> Path:
    path = dated(home.findings, dt.date.fromisoformat(base.day), base.revision)
    if not path.exists():
        raise RunError(
            "the findings of the day before are gone",
            where=str(path),
            todo="restore them from a backup",
        )
    return path
