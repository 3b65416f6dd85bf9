"""What a sensor may say in a column of each kind, and what a report must show of it.

The right-hand sides are written by hand from the contract of a report (docs/subscribers/reports.md
and the pages of the formats); nothing here asks the product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from tests.strategies.hostile_texts import HOSTILE

from tocsin.model.columns import Column, ColumnKind

Said: TypeAlias = "str | int | float | bool | list[Said] | None"
Shown: TypeAlias = str | int | None


@dataclass(frozen=True, slots=True)
class Cell:
    """`said`: a JSON value. `shown`: the report's cell, None for nothing at all."""

    said: Said
    shown: Shown


NOTHING: Final = Cell(None, None)

INTEGERS: Final[Sequence[tuple[Said, int]]] = (
    (7, 7),
    (0, 0),
    ("0042", 42),
    ("+7", 7),
    (" 12 ", 12),
    (65535, 65535),
    (-3, -3),
    (4294967295, 4294967295),
    ("123456789012345678", 123456789012345678),
)
DECIMALS: Final = (
    Cell("1.50", "1.50"),
    Cell(0, "0"),
    Cell(2.25, "2.25"),
    Cell("-0.75", "-0.75"),
    Cell("1e3", "1e3"),
    Cell("+.5", "+.5"),
)
BOOLEANS: Final = (
    Cell(True, "true"),
    Cell(False, "false"),
    Cell("Y", "Y"),
    Cell("no", "no"),
    Cell(1, "1"),
    Cell("0", "0"),
)
TIMES: Final = (
    Cell("2026-11-22 07:00:19", "2026-11-22 07:00:19"),
    Cell("2026-11-22T07:00:19.999999Z", "2026-11-22 07:00:19"),
    Cell("2026-11-22T01:30:00+02:00", "2026-11-21 23:30:00"),
    Cell("2026-11-22T01:30:00,5-0100", "2026-11-22 02:30:00"),
    Cell("2026-11-22 07:00:19 UTC", "2026-11-22 07:00:19"),
    Cell("2026-11-22", "2026-11-22 00:00:00"),
    Cell(1000000000, "2001-09-09 01:46:40"),
    Cell("1000000000.75", "2001-09-09 01:46:40"),
    Cell("1969-12-31T23:59:59.500Z", "1969-12-31 23:59:59"),
    Cell("9999-12-31 23:59:59", "9999-12-31 23:59:59"),
    Cell("Jan  4 23:59:59 1999 GMT", "1999-01-04 23:59:59"),
)
ADDRESSES: Final = (
    Cell("198.51.100.7", "198.51.100.7"),
    Cell("2001:DB8:0:0:0:0:0:C8", "2001:db8::c8"),
    Cell("::ffff:198.51.100.8", "198.51.100.8"),
    Cell("203.0.113.9", "203.0.113.9"),
    Cell("2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"),
    Cell(" 198.51.100.10 ", "198.51.100.10"),
)
SEVERITIES: Final = (
    Cell("critical", "critical"),
    Cell("HIGH", "high"),
    Cell("Medium", "medium"),
    Cell(" low ", "low"),
    Cell("info", "info"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a source is read: the texts that say nothing."""

    missing: frozenset[str]

    def text(self, said: Said, *, upper: bool = False) -> Cell:
        """Any text: as it stands, but for NUL and line ends."""
        text = plain(said).replace("\0", "")
        if text in self.missing:
            return Cell(said, None)
        harmless = text.replace("\r", " ").replace("\n", " ")
        return Cell(said, harmless.upper() if upper else harmless)

    def cells(self, column: Column) -> Sequence[Cell]:
        """Cells that fit a column, in an order of no meaning; a text column has all the hostile."""
        if column.kind is ColumnKind.INTEGER:
            return [_integer(column, *pair) for pair in INTEGERS if _fits(column, pair[1])]
        if column.kind is ColumnKind.LIST:
            return self._lists()
        if column.kind is ColumnKind.TEXT:
            return [self.text(said) for said in HOSTILE]
        return _FIXED[column.kind]

    def severities(self, default: str) -> Sequence[Cell]:
        """Words of the five, and texts that are none: the type's own stands in for them."""
        return [*SEVERITIES, *(Cell(said, default) for said in HOSTILE)]

    def _lists(self) -> Sequence[Cell]:
        pairs: list[Said] = [[one, other] for one, other in zip(HOSTILE, HOSTILE[5:], strict=False)]
        others: list[Said] = [["tcp", None, 3, True], "a;b", [], [""]]
        return [self.text(said) for said in (*pairs, *others)]


def plain(said: Said) -> str:
    """A JSON value as the text of a cell, by docs/operators/tocsin-ndjson.md."""
    if said is None:
        return ""
    if isinstance(said, bool):
        return "true" if said else "false"
    if isinstance(said, list):
        return ";".join(map(plain, said))
    return str(said)


def _fits(column: Column, value: int) -> bool:
    above = column.least is None or value >= column.least
    return above and (column.greatest is None or value <= column.greatest)


def _integer(column: Column, said: Said, value: int) -> Cell:
    return Cell(said, None if column.zero_is_missing and not value else value)


_FIXED: Final = {
    ColumnKind.DECIMAL: DECIMALS,
    ColumnKind.BOOLEAN: BOOLEANS,
    ColumnKind.TIME: TIMES,
    ColumnKind.ADDRESS: ADDRESSES,
}
