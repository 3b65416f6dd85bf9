"""Which lake files a run reads, and what each is to it. Pure, but for reading earlier plans.

Each lake file belongs to exactly one run: the first whose plan names it as its own. A run of day D
takes what no run has taken of D and of the days before; what lies before D is `delayed`, unless
its source's window is by receipt, or its type's window reaches back that far. Types with a longer
window read files of earlier runs again, without owning them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import cast

from tocsin.catalogue.entries import Catalogue, Window
from tocsin.engine.files import as_written, read_object
from tocsin.engine.intake.batches import Json
from tocsin.engine.intake.ledger import BatchRecord, Output
from tocsin.engine.lake.layout import Unit
from tocsin.engine.nightly.correlated import read_correlated
from tocsin.engine.nightly.observations import PlannedObservations
from tocsin.engine.nightly.package import FORMAT, Package
from tocsin.engine.nightly.planned import PlannedFile
from tocsin.model.errors import RunError


@dataclass(frozen=True, slots=True)
class Based:
    """An earlier run that this one builds on: Sunday's for delta, the last one's findings."""

    day: str
    revision: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run depends on; the same plan makes the same bytes.

    `seen`: files of earlier runs with rows of the same type and day, whose ids are not sent again.
    `held`: files of rows that the run before holds back; those that are not its own (a window
    still reaches their day) only tell what of the window is still to be told.
    `judgements`: SHA-256 of the judgements that it asks, empty if there were none.
    `warnings`: what was odd when it was planned, in sentences.
    """

    day: str
    revision: int
    planned_at: str
    partial: bool
    catalogue: str
    snapshot: str
    atlases: tuple[str, ...]
    files: tuple[PlannedFile, ...]
    seen: tuple[PlannedFile, ...]
    absent_days: int
    shared_networks: tuple[tuple[str, int], ...]
    missing_sources: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    observations: tuple[PlannedObservations, ...] = ()
    delta_base: Based | None = None
    findings_base: Based | None = None
    replay_of: int | None = None
    held: tuple[PlannedFile, ...] = ()
    judgements: str = ""
    format: int = field(default=FORMAT)

    @property
    def date(self) -> dt.date:
        """The day that the run is about."""
        return dt.date.fromisoformat(self.day)

    def units(self) -> list[Unit]:
        """The units that have anything to read, in a fixed order."""
        return sorted(
            {file.unit for file in self.rows}, key=lambda unit: (unit.report_type, unit.delayed)
        )

    @property
    def rows(self) -> list[PlannedFile]:
        """Files of rows that the run decides on: those of the lake, and what it takes over."""
        return [*self.files, *(file for file in self.held if file.own)]

    def files_of(self, unit: Unit) -> list[PlannedFile]:
        """The files that a unit reads."""
        return [file for file in self.rows if file.unit == unit]

    def carried_by(self, unit: Unit) -> list[PlannedFile]:
        """Of the files that a unit reads those that the run before held back."""
        return [file for file in self.held if file.own and file.unit == unit]

    def waiting_in(self, unit: Unit) -> list[PlannedFile]:
        """Rows held back so far that a unit reads once more in the lake's files."""
        return [file for file in self.held if not file.own and file.unit == unit]

    def seen_by(self, unit: Unit) -> list[PlannedFile]:
        """Files whose ids a unit must not send again."""
        days = {file.day for file in self.files_of(unit) if file.own}
        return [
            file for file in self.seen if file.report_type == unit.report_type and file.day in days
        ]

    def to_json(self) -> Json:
        """As `plan.json` keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: Json) -> Plan:
        """Read what `to_json` made."""
        plain = dict(said)
        for name in ("files", "seen", "held"):
            # Plans of earlier releases hold nothing back.
            entries = cast("list[dict[str, object]]", said.get(name, []))
            plain[name] = tuple(PlannedFile(**entry) for entry in entries)  # type: ignore[arg-type] # our own file
        # Plans of earlier releases name no observations.
        observed = cast("list[dict[str, object]]", said.get("observations", []))
        plain["observations"] = tuple(PlannedObservations(**each) for each in observed)  # type: ignore[arg-type] # our own file
        for name in ("delta_base", "findings_base"):
            base = cast("dict[str, object] | None", said[name])
            plain[name] = Based(**base) if base else None  # type: ignore[arg-type] # our own file
        for name in ("atlases", "missing_sources", "warnings"):
            # Plans of earlier releases have no warnings.
            plain[name] = tuple(cast("list[str]", said.get(name, ())))
        networks = cast("list[list[object]]", said["shared_networks"])
        plain["shared_networks"] = tuple((str(text), cast("int", keep)) for text, keep in networks)
        return cls(**plain)  # type: ignore[arg-type] # our own file, written from this class


def plan_of(package: Package) -> Plan:
    """The plan of a run that has one, with the files of records that its correlations made."""
    plan = as_planned(package)
    correlated = read_correlated(package).files
    return replace(plan, files=tuple(sorted((*plan.files, *correlated))))


def as_planned(package: Package) -> Plan:
    """The plan of a run as it was before its first step."""
    path = package.path / "plan.json"
    said = read_object(path)
    with as_written(path):
        return Plan.from_json(said)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The files of a plan."""

    files: tuple[PlannedFile, ...]
    seen: tuple[PlannedFile, ...]


def choose_files(
    day: dt.date,
    records: Iterable[BatchRecord],
    taken: Mapping[str, PlannedFile],
    catalogue: Catalogue,
    *,
    partial: bool,
    correlated: Iterable[PlannedFile] = (),
    beside: Iterable[PlannedFile] = (),
) -> Chosen:
    """Choose a run's files. `taken`: lake file -> as the run that owns it planned it.
    `correlated`: files that the correlations of earlier runs made.
    `beside`: other files of whose types and days it must be seen what earlier runs were given.

    An unfinished day's run (`partial`) leaves rows that wait for their time, and owns nothing.
    """
    files: list[PlannedFile] = []
    for record in records:
        if record.historical:
            continue
        for output in record.outputs:
            planned = _planned(output, record, day, catalogue)
            if planned is None or (partial and output.held):
                continue
            if output.name not in taken:
                files.append(planned)
            elif _reaches(planned, day, catalogue):
                files.append(_again(planned))
    files += [_again(file) for file in correlated if _reaches(file, day, catalogue)]
    # Within a long window rows are meant to come again; what comes after it is late like others.
    wanted = {
        (file.report_type, file.day)
        for file in (*files, *beside)
        if file.own and (file.delayed or _window(file.report_type, catalogue) == 1)
    }
    seen = [file for file in taken.values() if (file.report_type, file.day) in wanted]
    return Chosen(tuple(sorted(files)), tuple(sorted(seen)))


def _planned(
    output: Output, record: BatchRecord, day: dt.date, catalogue: Catalogue
) -> PlannedFile | None:
    """The file as this day's run sees it; None if it is none of its business."""
    own_day = dt.date.fromisoformat(output.day)
    if not output.report_type or own_day > day:
        return None
    if output.report_type not in catalogue.report_types:
        raise RunError(
            f"there are records of type {output.report_type!r}, which the catalogue does not have",
            where=output.name,
            todo="put the type's file back into the home's catalogue folder",
        )
    in_time = (
        own_day > day - dt.timedelta(days=_window(output.report_type, catalogue))
        or record.window == Window.RECEIVED.value
    )
    return PlannedFile(
        name=output.name,
        sha256=output.sha256,
        rows=output.rows,
        day=output.day,
        report_type=output.report_type,
        source=record.source,
        delayed=not in_time,
    )


def _reaches(file: PlannedFile, day: dt.date, catalogue: Catalogue) -> bool:
    """Whether the type's window reaches back to a file that an earlier run has taken."""
    window = _window(file.report_type, catalogue)
    return window > 1 and dt.date.fromisoformat(file.day) > day - dt.timedelta(days=window)


def _again(file: PlannedFile) -> PlannedFile:
    return replace(file, own=False)


def _window(report_type: str, catalogue: Catalogue) -> int:
    known = catalogue.report_types.get(report_type)
    return known.window_days if known else 1
