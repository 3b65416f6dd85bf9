"""What became of rows, told from what became of their events.

A row counts once, however many events it held: it is accepted if any of them is, and else turned
away for what was wrong with its first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.sources.raw import RawGroup

Flags = NDArray[np.bool_]


class ByRow:
    """Answers about the rows of one group."""

    def __init__(self, group: RawGroup) -> None:
        self._rows = group.rows

    def count(self, events: Flags) -> int:
        """Of how many rows there is an event among these."""
        if self._rows is None:
            return int(events.sum())
        return len(np.unique(self._rows[events]))

    def lost(self, kept: Flags) -> Flags:
        """Of each row that has no event among the kept ones the first event."""
        if self._rows is None:
            return ~kept
        found = np.zeros(len(kept), np.bool_)
        _, first = np.unique(self._rows, return_index=True)
        found[first] = ~np.isin(self._rows[first], self._rows[kept])
        return found

    def missed(self, kept: Flags) -> int:
        """How many events are not kept though their rows have others that are."""
        if self._rows is None:
            return 0
        return int((~kept & np.isin(self._rows, self._rows[kept])).sum())
