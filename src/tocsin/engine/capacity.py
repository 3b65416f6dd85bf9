"""What a day of so many events would take, by rates that were measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.engine.files import as_written, read_object
from tocsin.engine.prune import Retention
from tocsin.model.errors import UsageError

FORMAT = 1
"""Number of the form of the file of rates."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What one measurement of an intake and one of a night came to.

    machine: in words. intake_*, night_*: events, wall seconds with `workers` workers, and peak
    memory of all processes, bytes. *_bytes: on disk. lists, reports: of the night.
    """

    measured: str
    machine: str
    workers: int
    intake_events: int
    intake_seconds: float
    intake_peak: int
    record_bytes: int
    night_events: int
    night_seconds: float
    night_peak: int
    lists: int
    reports: int
    published_bytes: int
    pack_bytes: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """Hours of a day's work, bytes at peak, bytes on disk by tier after so many days."""

    intake_hours: float
    night_hours: float
    memory: int
    disk: Mapping[str, int]
    reports: int

    @property
    def fits(self) -> bool:
        """Whether a day's work is done within a day."""
        return self.intake_hours + self.night_hours <= 24


def read_rates(path: Path) -> Rates:
    """Read a file of rates; TerminalError if it is none."""
    said = read_object(path)
    with as_written(path):
        if said.pop("format") != FORMAT:
            raise ValueError
        return Rates(**said)  # type: ignore[arg-type] # our own file


def estimate(rates: Rates, *, events: int, lists: int, days: int, retention: Retention) -> Capacity:
    """What a machine like the measured one takes for `events` a day that go to `lists`.

    Time and disk grow with the events, and what is told with the lists as well; memory with
    neither, since every step works by pieces. Disk is what lies there after `days`, each tier
    kept as long as `retention` says. UsageError for what is no size of a day.
    """
    if min(events, lists, days) < 1:
        raise UsageError(
            "events, lists and days are at least 1 each", todo="give the size of a real day"
        )
    in_intake, in_night = events / rates.intake_events, events / rates.night_events
    told = lists / rates.lists
    tiers = {
        "records": (rates.record_bytes * in_intake, retention.records),
        "published": (rates.published_bytes * in_night, retention.published),
        "packs": (rates.pack_bytes * in_night * told, retention.packs),
    }
    return Capacity(
        intake_hours=rates.intake_seconds * in_intake / 3600,
        night_hours=rates.night_seconds * in_night * max(1.0, told) / 3600,
        memory=max(rates.intake_peak, rates.night_peak),
        disk={name: math.ceil(size * min(days, kept)) for name, (size, kept) in tiers.items()},
        reports=math.ceil(rates.reports * told),
    )
