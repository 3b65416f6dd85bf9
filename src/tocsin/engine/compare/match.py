"""Which rows of two systems are the same: pure, one row of the one with one of the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from enum import IntEnum
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Side(IntEnum):
    """Where a row is."""

    OLD = 0
    OURS = 1
    BOTH = 2


class Sighting(NamedTuple, Generic[Key]):
    """A row: what has to be equal, when it was (seconds), and on which side."""

    key: Key
    at: int
    side: Side


def matched(rows: Iterable[Sighting[Key]], tolerance: int) -> Iterator[Sighting[Key]]:
    """Each row of one side alone as it is, and each pair once, as BOTH with the old one's time.

    rows: by key, then by time. tolerance: seconds that the two of a pair may differ. As many pairs
    are found as there can be. Held in memory: rows of one key and one tolerance.
    """
    waiting: deque[Sighting[Key]] = deque()
    for row in rows:
        while waiting and (waiting[0].key != row.key or waiting[0].at < row.at - tolerance):
            yield waiting.popleft()
        if waiting and waiting[0].side is not row.side:
            first = waiting.popleft()
            yield Sighting(row.key, (first if first.side is Side.OLD else row).at, Side.BOTH)
        else:
            waiting.append(row)
    yield from waiting
