"""How large a day is made, and the dice that everything is made with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VERSION = 3
"""Raised when the same seed makes another world than before; kept worlds are then made anew."""

SEED = 20140513
DAY = dt.date(2026, 3, 3)
COLLECTED_AT = dt.datetime(2026, 3, 3, 23, 59, 30, tzinfo=dt.UTC)
NIGHT_AT = dt.datetime(2026, 3, 4, 0, 30, tzinfo=dt.UTC)
ATLAS_AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
SECONDS = 86_400

_PART_ROWS = 208_334
"""A quarter of an hour of a day of 2e7 events."""
_LEAST_PARTS = 4

Numbers = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Scale:
    """A day of so many events, in parts of one file each.

    Half of the events come from `hot` hosts, the others from `cold` ones.
    """

    events: int

    @property
    def part_rows(self) -> int:
        """Events of a part; the last one may have fewer."""
        return min(_PART_ROWS, -(-self.events // _LEAST_PARTS))

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return -(-self.events // self.part_rows)

    def rows_of(self, part: int) -> int:
        """Events of that part."""
        return min(self.part_rows, self.events - part * self.part_rows)

    @property
    def hot(self) -> int:
        """Hosts that make half of the events: 2 million of 2e7."""
        return max(1, self.events // 10)

    @property
    def cold(self) -> int:
        """All other hosts."""
        return max(1, self.events)


def dice(*path: int) -> np.random.Generator:
    """Dice of their own for each place that needs some."""
    return np.random.default_rng([SEED, *path])


def mixed(numbers: Numbers, salt: int) -> Numbers:
    """A well-mixed 64-bit number for each number (SplitMix64), another one for each salt."""
    with np.errstate(over="ignore"):
        z = numbers + np.uint64((salt * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def below(numbers: Numbers, salt: int, limit: int) -> NDArray[np.int64]:
    """For each number one below the limit."""
    return (mixed(numbers, salt) % np.uint64(limit)).astype(np.int64)


def fraction(numbers: Numbers, salt: int) -> NDArray[np.float64]:
    """For each number one between 0 and 1."""
    return (mixed(numbers, salt) >> np.uint64(11)).astype(np.float64) / float(1 << 53)
