"""Sets of sources as numbers: there are few of them, and each is made once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from tocsin.engine.nightly.distinct import numbers_of_lists, united
from tocsin.model.address import Ints


class SourceSets:
    """Sets of names by number; 0 is the empty one."""

    def __init__(self) -> None:
        self._sets: list[frozenset[str]] = [frozenset()]
        self._numbers: dict[frozenset[str], int] = {frozenset(): 0}

    def number_of(self, name: object) -> int:
        """The set of one name; the empty one for None."""
        return self._number(frozenset() if name is None else frozenset({str(name)}))

    def union(self, numbers: Sequence[int]) -> int:
        """The set of all that are in some of these."""
        return self._number(frozenset().union(*(self._sets[number] for number in numbers)))

    def of_lists(self, lists: pa.ListArray) -> Ints:
        """The set of each row of a column of lists of names."""
        return numbers_of_lists(lists, self.number_of, self.union)

    def unions(self, ours: Ints, theirs: Ints) -> Ints:
        """The union of the two sets of each row."""
        both = np.flatnonzero((ours != theirs) & (ours > 0) & (theirs > 0))
        result: Ints = np.maximum(ours, theirs)
        places = np.tile(np.arange(len(both)), 2)
        numbers = np.concatenate([ours[both], theirs[both]])
        result[both] = united(len(both), places, numbers, self.union)
        return result

    def lists(self) -> pa.ListArray:
        """The names of every set, sorted, by its number."""
        return pa.array([sorted(names) for names in self._sets], pa.list_(pa.string()))

    def __len__(self) -> int:
        return len(self._sets)

    def __getitem__(self, number: int) -> frozenset[str]:
        return self._sets[number]

    def _number(self, names: frozenset[str]) -> int:
        number = self._numbers.setdefault(names, len(self._sets))
        if number == len(self._sets):
            self._sets.append(names)
        return number
