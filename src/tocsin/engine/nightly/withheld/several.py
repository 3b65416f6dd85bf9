"""Records that several sensors or sources have made together: how their own columns say so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

CORRELATION: Final = "correlation"
"""What `_source` says of records whose observations came from several sources."""

SEVERAL: Final = ";"
"""What stands between the names of several sensors."""


def joined_sensors(names: Iterable[str]) -> str:
    """The names as `_sensor` holds them."""
    return SEVERAL.join(names)


def sensors_in(cell: str) -> set[str]:
    """All that a judgement may call a record's sensor: each of several, or the whole cell."""
    return {cell, *cell.split(SEVERAL)}
