"""Grants: a list's right to a row because of one network, for a time; and interned sets of them.

Many rows share the few sets of grants that occur, so that sets are numbered, and what is asked
of a set is asked once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.nightly.subscribers import ALWAYS, Validity
from tocsin.model.address import Ints

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FIRST_MOMENT = -(2**63)
LAST_MOMENT = 2**63 - 1


def microseconds(moment: dt.datetime) -> int:
    """Microseconds since 1970-01-01 00:00 UTC, exactly."""
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


_ALWAYS = (FIRST_MOMENT, LAST_MOMENT)


class Grant(NamedTuple):
    """That list may have rows from `start` on and before `end`, both in microseconds."""

    list_id: int
    start: int = FIRST_MOMENT
    end: int = LAST_MOMENT

    @classmethod
    def of(cls, list_id: int, valid: Validity) -> Grant:
        """The grant of a network that is valid then."""
        if valid == ALWAYS:
            return cls(list_id)
        start = FIRST_MOMENT if valid.start is None else microseconds(valid.start)
        end = LAST_MOMENT if valid.end is None else microseconds(valid.end)
        return cls(list_id, start, end)


class GrantSets:
    """Sets of grants by number; 0 is the empty set. Equal sets have one number."""

    def __init__(self) -> None:
        self._sets: list[tuple[Grant, ...]] = [()]
        self._numbers: dict[tuple[Grant, ...], int] = {(): 0}
        self._unions: dict[tuple[int, ...], int] = {}
        self._changing: set[int] = set()

    def number(self, grants: Iterable[Grant]) -> int:
        """The number of the set of these grants."""
        members = tuple(sorted(set(grants)))
        found = self._numbers.setdefault(members, len(self._sets))
        if found == len(self._sets):
            self._sets.append(members)
            if any(grant[1:] != _ALWAYS for grant in members):
                self._changing.add(found)
        return found

    def union(self, numbers: Sequence[int]) -> int:
        """The number of the union of numbered sets."""
        key = tuple(sorted({number for number in numbers if number}))
        if len(key) <= 1:
            return key[0] if key else 0
        if key not in self._unions:
            self._unions[key] = self.number(grant for number in key for grant in self._sets[number])
        return self._unions[key]

    def grants(self, number: int) -> tuple[Grant, ...]:
        """The members of a set, sorted."""
        return self._sets[number]

    def changes(self, number: int) -> bool:
        """Whether a grant of the set begins or ends at all."""
        return number in self._changing

    def changes_within(self, number: int, first: int, last: int) -> bool:
        """Whether a grant of the set begins or ends behind `first`, and not behind `last`."""
        return self.changes(number) and any(
            first < grant.start <= last or first < grant.end <= last for grant in self._sets[number]
        )

    def lists_at(self, number: int, moment: int) -> list[int]:
        """Ids of the lists that a set grants the moment's rows to, ascending."""
        return sorted(
            {grant.list_id for grant in self._sets[number] if grant.start <= moment < grant.end}
        )


class Audiences:
    """Audiences by number as they come up; `in_order` gives them their final ones."""

    def __init__(self) -> None:
        self.members: list[tuple[int, ...]] = [()]
        self._numbers: dict[tuple[int, ...], int] = {(): 0}

    def number(self, lists: Sequence[int]) -> int:
        """The number of the audience of these lists, which are ascending."""
        key = tuple(lists)
        found = self._numbers.setdefault(key, len(self.members))
        if found == len(self.members):
            self.members.append(key)
        return found

    def in_order(self, rows: Ints) -> tuple[NDArray[np.int32], list[tuple[int, ...]]]:
        """The rows' audiences, numbered anew: those that occur, sorted, and 0 for nobody."""
        used = np.unique(rows).tolist()
        members = sorted({self.members[number] for number in used} | {()})
        place = {lists: index for index, lists in enumerate(members)}
        renumbered = np.zeros(len(self.members), np.int32)
        for number in used:
            renumbered[number] = place[self.members[number]]
        return renumbered[rows], members
