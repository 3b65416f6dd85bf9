"""Which observations a run correlates. Pure.

A file of observations is taken by one run: the first whose plan names it as its own. A day is
correlated in the run that takes any of its observations; for that run they are new, all others of
that day were correlated before. Thresholds look back into the day before, which is read again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.intake.ledger import BatchRecord
from tocsin.engine.nightly.planned import PlannedFile

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class PlannedObservations:
    """A file of observations in a plan. `own`: this run is the one that takes it."""

    name: str
    sha256: str
    rows: int
    day: str
    kind: str
    source: str
    own: bool = True


def choose_observations(
    day: dt.date, records: Iterable[BatchRecord], taken: Collection[str], asked: Collection[str]
) -> tuple[PlannedObservations, ...]:
    """The files that a run of this day takes, and those that it reads again.

    `taken`: names that earlier runs took. `asked`: kinds that any correlation reads; files of
    others are taken, so that it is known that nothing waits for them.
    """
    known = [
        replace(file, own=file.name not in taken)
        for file in _all(records)
        if dt.date.fromisoformat(file.day) <= day
    ]
    new = {dt.date.fromisoformat(file.day) for file in known if file.own and file.kind in asked}
    # What comes late to a day may complete something early on the next.
    days = {*new, *(each + _DAY for each in new if each < day)}
    read = {each.isoformat() for one in days for each in (one, one - _DAY)}
    found = [file for file in known if file.own or (file.kind in asked and file.day in read)]
    return tuple(sorted(found))


def days_to_correlate(files: Iterable[PlannedObservations], day: dt.date) -> list[dt.date]:
    """The days of which a run has something new to correlate, ascending."""
    new = {dt.date.fromisoformat(file.day) for file in files if file.own}
    return sorted({*new, *(each + _DAY for each in new if each < day)})


def late_records(
    files: Iterable[PlannedObservations], day: dt.date, catalogue: Catalogue
) -> list[PlannedFile]:
    """What late observations may become records of, as files that are not there yet.

    Earlier runs may have told of it from observations that have gone since, and came once more.
    """
    own = [file for file in files if file.own]
    found = {
        (name, each)
        for correlation in catalogue.correlations
        for each in days_to_correlate((f for f in own if f.kind in correlation.kinds), day)
        for name in correlation.report_types
        if each < day
    }
    return [
        PlannedFile(
            name="",
            sha256="",
            rows=0,
            day=each.isoformat(),
            report_type=name,
            source="",
            delayed=each <= day - dt.timedelta(days=catalogue.report_types[name].window_days),
        )
        for name, each in sorted(found)
    ]


def _all(records: Iterable[BatchRecord]) -> Iterator[PlannedObservations]:
    for record in records:
        if record.historical:
            continue
        for output in record.outputs:
            if output.kind:
                yield PlannedObservations(
                    output.name, output.sha256, output.rows, output.day, output.kind, record.source
                )
