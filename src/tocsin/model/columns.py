"""What a column is: its name, its kind, and what its cells may hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ColumnKind(StrEnum):
    """The kinds of `columns.yaml`.

    Stored as: integer -> int64; time -> microseconds UTC; every other kind -> text. Decimals
    and booleans stay the text that the source wrote, since reports promise the cell, not a
    number (`1.50` is not `1.5`, `Y` is not `True`). Lists are text joined with `;`.
    """

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    TIME = "time"
    ADDRESS = "address"
    BOOLEAN = "boolean"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Column:
    """One name of the vocabulary.

    `aliases`: older names that mean the same. `zero_is_missing`: a bare `0` says "unknown"
    (industry codes, AS numbers). `sensitive`: not shown where a record's terms ask for care.
    `fleeting`: says something else each time one looks (clocks, counters, session numbers), and
    so belongs to no row's identity.
    `least`/`greatest`: bounds of an integer; a value outside makes the row impossible.
    """

    name: str
    kind: ColumnKind
    description: str
    aliases: tuple[str, ...] = ()
    sensitive: bool = False
    zero_is_missing: bool = False
    fleeting: bool = False
    least: int | None = None
    greatest: int | None = None
