"""Cells of found rows as machines are given them."""

from __future__ import annotations

import datetime as dt

from tocsin.engine.search.values import Cell
from tocsin.model.columns import ColumnKind

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECONDS = 1_000_000


def shown(cell: str | int | None, kind: ColumnKind) -> Cell:
    """A cell as the database gave it (times in microseconds), as it is given out."""
    if kind is ColumnKind.TIME and isinstance(cell, int):
        return time_text(cell // _MICROSECONDS)
    return cell


def time_text(seconds: int) -> str:
    """Seconds since 1970 as reports have times, with the Z that says that it is UTC."""
    moment = _EPOCH + dt.timedelta(seconds=seconds)
    return moment.replace(tzinfo=None).isoformat(sep=" ") + "Z"
