"""What a search is asked, where it looks, and what it finds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Self

from tocsin.catalogue.entries import ReportType
from tocsin.engine.lake.layout import Unit
from tocsin.engine.nightly.subscribers import ReportList

Cell = str | int | None
"""A cell as it is given out: integers bare, times as text with `Z`, None where there is nothing."""


class Order(StrEnum):
    """By day, then time, then `_id`, then unit and place in its file: the same at each asking."""

    ASCENDING = "ascending"
    DESCENDING = "descending"


@dataclass(frozen=True, slots=True)
class Without:
    """Rows of a night that nobody is shown any more.

    rules: ids, without their versions. ids: of rows. subjects: whole ones, by upper and lower 64
    bits and length of 128.
    """

    rules: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    sensors: frozenset[str] = frozenset()
    ids: frozenset[bytes] = frozenset()
    subjects: frozenset[tuple[int, int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """The published rows of a unit of a night, and whose rows may be seen there.

    whole: numbers of lists that may see all that the night gave them. cut: lists of which only
    rows are left that a network they have now brings. index: where the index of the audiences is
    kept; it is made from `audiences` and `rows` when it is not there. night: where the index of the
    whole night is kept, of use if it has been made. pack: the unit's, if that is still there.
    """

    day: dt.date
    unit: Unit
    report_type: ReportType
    rows: Path
    audiences: Path
    index: Path
    whole: tuple[int, ...] = ()
    cut: tuple[ReportList, ...] = ()
    without: Without = field(default_factory=Without)
    night: Path | None = None
    pack: Path | None = None

    @property
    def lists(self) -> tuple[int, ...]:
        """All of these lists, by number."""
        return (*self.whole, *(each.id for each in self.cut))


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Where a row stands in the order of all rows.

    moment: microseconds since 1970. row: its place in the file, from 0.
    """

    day: dt.date
    moment: int
    id: bytes
    stem: str
    row: int

    def __str__(self) -> str:
        """As one word that a client may keep, and that `from_text` reads."""
        day = self.day.isoformat().replace("-", "")
        return f"{day}.{self.moment}.{self.id.hex()}.{self.stem}.{self.row}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what was written; ValueError for what was not."""
        day, moment, identifier, stem, row = text.split(".")
        if len(day) != len("20261122") or not _plain(day, row, moment.removeprefix("-")):
            raise ValueError(f"{text[:100]!r} is no mark of a row")
        return cls(
            dt.date(int(day[:4]), int(day[4:6]), int(day[6:])),
            int(moment),
            bytes.fromhex(identifier),
            stem,
            int(row),
        )


_MOST_DIGITS = 18


def _plain(*numbers: str) -> bool:
    """Whether all are numbers that fit into 64 bits, in our digits."""
    return all(each.isascii() and each.isdigit() and len(each) <= _MOST_DIGITS for each in numbers)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as its report shows it: cells by column, in the order of the report."""

    mark: Mark
    report_type: ReportType
    delayed: bool
    cells: Mapping[str, Cell]
