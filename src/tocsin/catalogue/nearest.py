"""What to do about a name that there is not: those that were meant, and never a page of names."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Final

LIST_NAMES_THEM: Final = "tocsin catalogue list names what there is"

_FEW: Final = 12


def nearest(
    name: str, known: Collection[str], *, most: int = 1, listed: str = LIST_NAMES_THEM
) -> str:
    """The names that `name` is like, at most so many; without any all, where they are few.

    listed: what tells all of them, where they are many.
    """
    near = difflib.get_close_matches(name, known, n=most)
    if near:
        *others, last = [repr(each) for each in near]
        return f"{', '.join(others)} or {last} was meant?" if others else f"{last} was meant?"
    few = sorted(known)
    return f"there are {', '.join(few)}" if few and len(few) <= _FEW else listed


def in_type(name: str, report_type: str, columns: Collection[str]) -> str:
    """What to do about a column that a report type does not have."""
    return nearest(name, columns, listed=f"tocsin catalogue show {report_type} names those it has")
