"""The manifest that closes a run: what it was made of, what it made, and every report of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.files import as_written, read_object, sha256_of
from tocsin.engine.home import Home
from tocsin.engine.lake.layout import Unit
from tocsin.engine.nightly.correlated import read_correlated
from tocsin.engine.nightly.package import FORMAT, Package
from tocsin.engine.nightly.packs import INDEX, manifest_entries
from tocsin.engine.nightly.plan import Plan
from tocsin.engine.nightly.withheld.reasons import WITHHELD


def manifest_of(
    home: Home, package: Package, plan: Plan, catalogue: Catalogue, products: Iterable[Path]
) -> dict[str, object]:
    """All that a finished run tells of itself; `products` are named with their SHA-256."""
    units = {unit.stem: _unit(package, unit) for unit in plan.units()}
    packs = package.path / "packs"
    reports = [
        report
        for stem, unit in units.items()
        if unit.pop("has_pack")
        for report in manifest_entries(packs / f"{stem}{INDEX}")
    ]
    owners = _organisations(package.path / "snapshot.json")
    return {
        "format": FORMAT,
        "day": plan.day,
        "revision": package.revision,
        "replay_of": plan.replay_of,
        "partial": plan.partial,
        "planned_at": plan.planned_at,
        "catalogue": plan.catalogue,
        "snapshot": plan.snapshot,
        "judgements": plan.judgements,
        "atlases": list(plan.atlases),
        "missing_sources": list(plan.missing_sources),
        "warnings": list(plan.warnings),
        "sources": _sources(plan),
        "correlations": list(read_correlated(package).account),
        "units": units,
        "rows_by_area": _rows_by_area(units, catalogue),
        "totals": _totals(units, reports, owners),
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
    owners: Mapping[int, str],
) -> dict[str, int]:
    lists = {cast("int", report["list"]) for report in reports}
    organisations = {owners[number] for number in lists}
    summed = (
        "events",
        "repeated",
        "sent_before",
        *(reason.key for reason in WITHHELD),
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


def _organisations(snapshot: Path) -> dict[int, str]:
    """Whose each list is. The snapshot was checked when the run was planned."""
    said = json.loads(snapshot.read_text("utf-8-sig"))
    with as_written(snapshot):
        return {int(each["id"]): str(each["organisation"]) for each in said["lists"]}
