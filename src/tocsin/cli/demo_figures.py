"""What came of the demonstration, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from tocsin.cli.collect import Tally
from tocsin.cli.demo_steps import Shown
from tocsin.cli.demo_world.days import DAY
from tocsin.engine.intake.collect import Refused
from tocsin.engine.lake.layout import Unit
from tocsin.engine.reports import FinishedReport

_A_FEW = 3
"""Rows that a report needs to show what reports are like."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one list got."""

    id: int
    organisation: str
    name: str
    filter: str
    reports: int
    rows: int


@dataclass(frozen=True)
class Figures:
    """All of it. `types`: the report types that have rows. `example`: a report worth looking into,
    None if there is no report at all."""

    tally: Tally
    sources: int
    known: tuple[Path, ...]
    refused: tuple[Refused, ...]
    provisional: tuple[str, ...]
    totals: dict[str, int]
    rows_by_area: dict[str, int]
    types: tuple[str, ...]
    told: tuple[Told, ...]
    example: FinishedReport | None


def figures_of(shown: Shown) -> Figures:
    """Add up what the steps came to."""
    return Figures(
        tally=Tally(record for each in shown.collected for record in each.records),
        sources=len(shown.collected),
        known=tuple(path for each in shown.collected for path in each.known),
        refused=tuple(refused for each in shown.collected for refused in each.refused),
        provisional=tuple(name for each in shown.collected for name in each.provisional),
        totals=cast("dict[str, int]", shown.run.manifest["totals"]),
        rows_by_area=cast("dict[str, int]", shown.run.manifest["rows_by_area"]),
        types=_types(shown),
        told=_told(shown),
        example=_example(shown.reports),
    )


def _types(shown: Shown) -> tuple[str, ...]:
    units = cast("dict[str, object]", shown.run.manifest["units"])
    return tuple(sorted({Unit.from_stem(stem).report_type for stem in units}))


def _told(shown: Shown) -> tuple[Told, ...]:
    """Every list with what it got, those with nothing too."""
    files, rows = Counter[int](), Counter[int]()
    for report in shown.reports:
        files[report.slice.list] += 1
        rows[report.slice.list] += report.slice.rows
    return tuple(
        Told(
            id=each.id,
            organisation=shown.snapshot.organisations[each.organisation].name,
            name=each.name,
            filter=each.filter.value,
            reports=files[each.id],
            rows=rows[each.id],
        )
        for each in sorted(shown.snapshot.lists.values(), key=lambda each: each.id)
    )


def _example(reports: Sequence[FinishedReport]) -> FinishedReport | None:
    """The shortest report on infected machines that has a few rows; else the longest of all."""
    drones = [
        each
        for each in reports
        if each.report_type == "event4_sinkhole" and each.slice.rows >= _A_FEW
    ]
    if drones:
        return min(drones, key=lambda each: (each.slice.rows, each.file))
    return max(reports, key=lambda each: (each.slice.rows, each.file), default=None)


def value_of(shown: Shown, found: Figures, seconds: float) -> dict[str, object]:
    """The figures as `--json` prints them."""
    return {
        "home": str(shown.home.root),
        "reports_folder": str(shown.folder),
        "day": DAY.isoformat(),
        "collected": {
            "rows": found.tally.rows,
            "accepted": found.tally.accepted,
            "held": found.tally.held,
            "dropped": dict(sorted(found.tally.dropped.items())),
            "rejected": dict(sorted(found.tally.rejected.items())),
            "refused": [{"file": str(each.path), "why": each.why} for each in found.refused],
            "already_known_files": [str(path) for path in found.known],
            "provisional_types": list(found.provisional),
        },
        "totals": found.totals,
        "rows_by_area": found.rows_by_area,
        "report_types": list(found.types),
        "lists": [asdict(each) for each in found.told],
        "seconds": round(seconds, 1),
    }
