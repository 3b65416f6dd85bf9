"""Taking one CSV record apart, exactly: every character's meaning is decided here.

A cell that begins with a quote ends at the next quote that is not doubled, and a comma or the
record's end must follow. In any other cell quotes are characters like any other.
"""

from __future__ import annotations

import re
from enum import Enum

_QUOTED = re.compile(r'(?:[^"]++|"")*+')


class Fault(Enum):
    """Why a text is no CSV record."""

    OPEN = "a quoted cell has no end"
    STRAY = "a quote within a quoted cell is not doubled"


def split_cells(record: str) -> list[str] | Fault:
    """The cells of a record, quotes taken off, or what is wrong with it."""
    cells: list[str] = []
    position = 0
    while True:
        if record.startswith('"', position):
            end = _end_of_quoted(record, position + 1)
            if end == len(record):
                return Fault.OPEN
            cells.append(record[position + 1 : end].replace('""', '"'))
            position = end + 1
            if position == len(record):
                return cells
            if record[position] != ",":
                return Fault.STRAY
        else:
            comma = record.find(",", position)
            if comma < 0:
                cells.append(record[position:])
                return cells
            cells.append(record[position:comma])
            position = comma
        position += 1


def _end_of_quoted(record: str, position: int) -> int:
    found = _QUOTED.match(record, position)
    return found.end() if found else position
