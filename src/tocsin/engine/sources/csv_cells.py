"""Taking one CSV record apart, exactly: every character's meaning is decided here.

A cell that begins with a quote ends at the next quote that is not doubled, and a comma or the
record's end must follow. In any other cell quotes are characters like any other.
"""

from __future__ import annotations

import re
from enum import Enum

_PADDED = re.compile(r" +\"")
_DOUBLED = re.compile(r'(?:[^"]++|"")*+')
_ESCAPED = re.compile(r'(?:[^"\\]++|\\.|"")*+', re.DOTALL)


class Fault(Enum):
    """Why a text is no CSV record."""

    OPEN = "a quoted cell has no end"
    STRAY = "a quote within a quoted cell is not doubled"


def split_cells(record: str) -> list[str] | Fault:
    """The cells of a record, quotes taken off, or what is wrong with it."""
    return _split(record, _DOUBLED)


def split_by(record: str, delimiter: str) -> list[str] | Fault:
    """The same with another character between cells, and blanks before a quote that opens one."""
    return _split(record, _DOUBLED, delimiter, padded=True)


def split_escaped(record: str, cells: int) -> list[str] | None:
    """The same for a record whose quotes have backslashes before them, None if it is none.

    Some writers do so. Since a backslash may just as well be a character, this reading counts
    only where `split_cells` does not give `cells` cells, and it does. Backslashes stay.
    """
    if '\\"' not in record:
        return None
    found = _split(record, _ESCAPED)
    return None if isinstance(found, Fault) or len(found) != cells else found


def _split(
    record: str, quoted: re.Pattern[str], delimiter: str = ",", *, padded: bool = False
) -> list[str] | Fault:
    cells: list[str] = []
    position = 0
    while True:
        if padded and (opens := _PADDED.match(record, position)):
            position = opens.end() - 1
        if record.startswith('"', position):
            found = quoted.match(record, position + 1)
            end = found.end() if found else len(record)
            if end == len(record) or record[end] != '"':
                return Fault.OPEN
            cells.append(record[position + 1 : end].replace('""', '"'))
            position = end + 1
            if position == len(record):
                return cells
            if record[position] != delimiter:
                return Fault.STRAY
        else:
            comma = record.find(delimiter, position)
            if comma < 0:
                cells.append(record[position:])
                return cells
            cells.append(record[position:comma])
            position = comma
        position += 1
