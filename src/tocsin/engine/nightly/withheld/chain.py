"""Rows on hold on their way from night to night.

A run names the files of rows that it held back in its manifest; the next one takes them. So each
such row is in the hands of exactly one run, the last, until one of them sends it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import cast

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.files import as_written, read_object, sha256_of
from tocsin.engine.lake.layout import Unit, withheld_name
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.planned import PlannedFile
from tocsin.engine.nightly.withheld.held_rows import HeldFile
from tocsin.engine.nightly.withheld.limits import Limits
from tocsin.model.errors import RunError

KEY = "held"
"""Under which a unit's account, and so the manifest, names its files of rows on hold."""


@dataclass(frozen=True, slots=True, order=True)
class NamedFile:
    """A file of rows on hold in the lake, all of one day."""

    name: str
    sha256: str
    rows: int
    day: str

    def to_json(self) -> Mapping[str, object]:
        """As accounts keep it."""
        return asdict(self)


def store_held(
    store: Store, package: Package, unit: Unit, files: Sequence[HeldFile]
) -> list[Mapping[str, object]]:
    """Put a unit's rows on hold into the lake; what its account says of them."""
    named = []
    for file in files:
        name = withheld_name(package.day, package.revision, unit, file.day)
        said = NamedFile(name, sha256_of(file.path), file.rows, file.day.isoformat())
        store.put_file(file.path, name)
        named.append(said.to_json())
    return named


def held_by(package: Package) -> tuple[PlannedFile, ...]:
    """The files that a published run holds back, as the units that they were of planned them."""
    path = package.path / "manifest.json"
    said = read_object(path)
    with as_written(path):
        units = cast("Mapping[str, Mapping[str, object]]", said["units"])
        return tuple(
            _planned(NamedFile(**each), str(unit["report_type"]))  # type: ignore[arg-type] # ours
            for unit in units.values()
            # Runs of earlier releases hold nothing back.
            for each in cast("list[dict[str, object]]", unit.get(KEY, []))
        )


def _planned(file: NamedFile, report_type: str) -> PlannedFile:
    return PlannedFile(
        name=file.name,
        sha256=file.sha256,
        rows=file.rows,
        day=file.day,
        report_type=report_type,
        source="",
        delayed=True,
    )


def taken_over(
    held: tuple[PlannedFile, ...], day: dt.date, catalogue: Catalogue
) -> tuple[PlannedFile, ...]:
    """What the run of a day makes of the files that the one before it holds back.

    They are its own, as delayed; but for those of a type whose window still reaches them. Of
    these the lake's files are read once more anyway, so that they only tell which of the rows
    nobody was told of yet. RunError for a type that the catalogue has lost.
    """
    return tuple(sorted(_reached_or_not(file, day, catalogue) for file in held))


def _reached_or_not(file: PlannedFile, day: dt.date, catalogue: Catalogue) -> PlannedFile:
    known = catalogue.report_types.get(file.report_type)
    if known is None:
        raise RunError(
            f"rows of type {file.report_type!r} are on hold, which the catalogue does not have",
            where=file.name,
            todo="put the type's file back into the home's catalogue folder",
        )
    window = known.window_days
    reached = window > 1 and dt.date.fromisoformat(file.day) > day - dt.timedelta(days=window)
    if not reached:
        return file
    return PlannedFile(
        file.name,
        file.sha256,
        file.rows,
        file.day,
        file.report_type,
        file.source,
        delayed=False,
        own=False,
    )


def with_limits(held: Iterable[PlannedFile], catalogue: Catalogue) -> list[PlannedFile]:
    """Those of a type whose rules have limits, for which all that was seen that day counts.

    Of the others the ids need not be looked for among what was sent: they were not sent.
    """
    return [
        file
        for file in held
        if Limits.of(catalogue.rules, catalogue.report_types[file.report_type]) is not None
    ]
