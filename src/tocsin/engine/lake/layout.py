"""Where files of the lake lie, by name. Names are relative, with `/`, and say what is inside."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

RECORDS = "records"
OBSERVATIONS = "observations"
PUBLISHED = "published"
WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Unit:
    """What one report file is about: a type, and whether its rows come after their day."""

    report_type: str
    delayed: bool = False

    @property
    def stem(self) -> str:
        """The unit as part of a file name."""
        return f"{self.report_type}-delayed" if self.delayed else self.report_type

    @classmethod
    def from_stem(cls, stem: str) -> Unit:
        """Read what `stem` wrote; type ids hold no hyphen."""
        report_type, _, rest = stem.partition("-")
        return cls(report_type, rest == "delayed")


def records_name(day: dt.date, report_type: str, batch: str, *, held: bool) -> str:
    """One batch's records of one type and event day."""
    ending = ".held.parquet" if held else ".parquet"
    return f"{RECORDS}/{day.isoformat()}/{report_type}/{batch}{ending}"


def correlated_name(day: dt.date, report_type: str, run: str, source: str) -> str:
    """The records of one type and event day that a run's correlations made, of one source."""
    return f"{RECORDS}/{day.isoformat()}/{report_type}/correlated-{run}-{source}.parquet"


def observations_name(day: dt.date, kind: str, batch: str) -> str:
    """One batch's observations of one kind and event day."""
    return f"{OBSERVATIONS}/{day.isoformat()}/{kind}/{batch}.parquet"


def published_prefix(day: dt.date, revision: int) -> str:
    """The folder of a run's published rows."""
    return f"{PUBLISHED}/{day.isoformat()}/r{revision}"


def published_name(day: dt.date, revision: int, unit: Unit) -> str:
    """A run's published rows of one unit."""
    return f"{published_prefix(day, revision)}/{unit.stem}.parquet"


def audiences_name(day: dt.date, revision: int, unit: Unit) -> str:
    """The audience table that belongs to `published_name`."""
    return f"{published_prefix(day, revision)}/{unit.stem}.audiences.json"


def withheld_name(day: dt.date, revision: int, unit: Unit, of: dt.date) -> str:
    """A run's rows of one unit that are on hold, of the events of one day."""
    return f"{WITHHELD}/{day.isoformat()}/r{revision}/{unit.stem}/{of.isoformat()}.parquet"
