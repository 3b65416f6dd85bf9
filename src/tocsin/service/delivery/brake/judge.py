"""The night brake's decision: which parts of a night are held for staff, and why. Pure."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.service.delivery.brake.figures import Count, Figures
from tocsin.service.delivery.brake.part import Part, PartKind

DAYS = 28
"""How many days back the median looks."""


class Why(StrEnum):
    """Why a part is held."""

    JUMP = "jump"
    NEW_RULE = "new_rule"
    ONE_ADDRESS = "one_address"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings `[brake]`. share: of all reports of the night, 0.05 for 5 %."""

    factor: float = 5.0
    least_rows: int = 200
    least_reports: int = 20
    least_days: int = 7
    share: float = 0.05
    address_reports: int = 10


@dataclass(frozen=True, slots=True)
class History:
    """What nights before have given out.

    days: of which there are figures, within DAYS. counts: of parts, by day; a part that is missing
    on a day had nothing then. left_out: days of a part that staff did not release, which tell
    nothing. rules: all that were ever given out.
    """

    days: tuple[dt.date, ...] = ()
    counts: Mapping[Part, Mapping[dt.date, Count]] = field(default_factory=dict)
    left_out: Mapping[Part, frozenset[dt.date]] = field(default_factory=dict)
    rules: frozenset[str] = frozenset()

    def of(self, part: Part) -> list[Count]:
        """Day by day since the part was first given out."""
        said = self.counts.get(part, {})
        out = self.left_out.get(part, frozenset())
        first = min((day for day in said if day not in out), default=None)
        if first is None:
            return []
        none = Count(0, 0)
        return [said.get(day, none) for day in self.days if day >= first and day not in out]


@dataclass(frozen=True, slots=True)
class Found:
    """A part that is to be held. median_rows, median_reports: None where there is no history."""

    part: Part
    why: Why
    count: Count
    median_rows: float | None = None
    median_reports: float | None = None


def parts_to_hold(figures: Figures, history: History, limits: Limits) -> list[Found]:
    """The parts to hold, each once."""
    return [
        found
        for part, count in sorted(figures.counts.items())
        if (found := _found(part, count, figures.reports, history, limits)) is not None
    ]


def _found(
    part: Part, count: Count, reports: int, history: History, limits: Limits
) -> Found | None:
    if part.kind is PartKind.ADDRESS:
        many = count.reports >= limits.address_reports
        return (
            Found(part, Why.ONE_ADDRESS, count)
            if many and count.reports > limits.share * reports
            else None
        )
    if part.kind is PartKind.RULE and history.days and part.name not in history.rules:
        return Found(part, Why.NEW_RULE, count)
    days = history.of(part)
    if len(days) < limits.least_days:
        return None
    rows, of_reports = _medians(days)
    jumps = (
        count.rows >= limits.least_rows and count.rows > limits.factor * rows,
        count.reports >= limits.least_reports and count.reports > limits.factor * of_reports,
    )
    return Found(part, Why.JUMP, count, rows, of_reports) if any(jumps) else None


def _medians(days: list[Count]) -> tuple[float, float]:
    rows = statistics.median(each.rows for each in days)
    reports = statistics.median(each.reports for each in days)
    return float(rows), float(reports)
