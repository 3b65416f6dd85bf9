"""How many events a list had of a type on each of the last days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

DAYS = 30


@dataclass(frozen=True, slots=True)
class Trend:
    """Counts of the days that end with `last`, oldest first; None where a day is not known."""

    last: dt.date
    counts: tuple[int | None, ...]

    @classmethod
    def of(cls, last: dt.date, counts: Mapping[dt.date, int | None]) -> Trend:
        """Of the DAYS days that end with `last`; a day that is not named is not known."""
        days = (last - dt.timedelta(days=back) for back in range(DAYS - 1, -1, -1))
        return cls(last, tuple(counts.get(day) for day in days))

    @property
    def first(self) -> dt.date:
        """The first day."""
        return self.last - dt.timedelta(days=len(self.counts) - 1)

    @property
    def known(self) -> int:
        """How many days are known; with less than two there is nothing to compare."""
        return sum(each is not None for each in self.counts)

    @property
    def days(self) -> int:
        """On how many days there was anything."""
        return sum(bool(each) for each in self.counts)

    @property
    def events(self) -> int:
        """Of all days that are known."""
        return sum(each or 0 for each in self.counts)

    @property
    def most(self) -> int:
        """Of one day."""
        return max((each or 0 for each in self.counts), default=0)

    @property
    def most_on(self) -> dt.date:
        """The newest day that had most."""
        newest_first = [each or 0 for each in reversed(self.counts)]
        return self.last - dt.timedelta(days=newest_first.index(self.most))
