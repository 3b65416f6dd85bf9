"""The sensors of a record that several have made together, as one cell."""

from __future__ import annotations

from collections.abc import Iterable


def joined_sensors(names: Iterable[str]) -> str:
    """The names as `_sensor` holds them."""
    return ";".join(names)


def sensors_in(cell: str) -> set[str]:
    """All that a judgement may call a record's sensor: each of several, or the whole cell."""
    return {cell, *cell.split(";")}
