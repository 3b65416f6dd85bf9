"""The subscribed prefixes of one family as a table of intervals.

Prefixes are nested or apart, never crossing, so that the innermost prefix around an address tells
all of them. Each interval holds the number of the set of grants of its innermost prefix and of
every prefix around that; a look-up is one binary search.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping

import numpy as np

from tocsin.engine.nightly.audience import Grant, GrantSets
from tocsin.model.address import ALL_ONES, Addresses, Ints, Network, last_at_or_before

_NONE = -1


class PrefixTable:
    """Look-ups among prefixes that are all IPv4 or all IPv6; built once, then only read.

    Of one family: `::/0` lies around mapped IPv4 as numbers, but does not mean it.
    """

    def __init__(self, grants: Mapping[Network, Iterable[Grant]], sets: GrantSets) -> None:
        self._sets = sets
        self._prefixes = sorted(grants)
        self._firsts = [prefix.first for prefix in self._prefixes]
        starts, innermost, parents = _intervals(self._prefixes)
        # Parents come before their children, so that a parent's set is known by then.
        numbers: list[int] = []
        for prefix, parent in zip(self._prefixes, parents, strict=True):
            around = () if parent == _NONE else sets.grants(numbers[parent])
            numbers.append(sets.number((*around, *grants[prefix])))
        self._of_prefix = numbers
        self._starts = Addresses.from_ints(starts)
        of_interval = [0 if index == _NONE else numbers[index] for index in innermost]
        # The last element, which index -1 reaches, stands for addresses before all intervals.
        self._of_interval: Ints = np.array([*of_interval, 0], np.int64)

    def around(self, addresses: Addresses) -> Ints:
        """For each address the set of the prefixes that hold it."""
        return self._of_interval[last_at_or_before(self._starts, addresses)]

    def overlapping(self, prefix: Network) -> int:
        """The set of the prefixes that share an address with this one.

        Such a prefix holds the first address of this one, or begins within it. (One that begins
        within it brings the sets of those around it, which overlap as well.)
        """
        around = self.around(Addresses.from_ints([prefix.first]))
        begin = bisect_left(self._firsts, prefix.first)
        end = bisect_right(self._firsts, prefix.last)
        return self._sets.union([*around.tolist(), *set(self._of_prefix[begin:end])])


def _intervals(prefixes: list[Network]) -> tuple[list[int], list[int], list[int]]:
    """Sweep sorted prefixes: starts of intervals, their innermost prefixes, prefixes' parents."""
    starts: list[int] = []
    innermost: list[int] = []
    parents: list[int] = []
    open_ones: list[int] = []

    def begin(start: int, index: int) -> None:
        if starts and starts[-1] == start:
            innermost[-1] = index
        elif start <= ALL_ONES:
            starts.append(start)
            innermost.append(index)

    def close_before(address: int) -> None:
        while open_ones and prefixes[open_ones[-1]].last < address:
            closed = open_ones.pop()
            begin(prefixes[closed].last + 1, open_ones[-1] if open_ones else _NONE)

    for index, prefix in enumerate(prefixes):
        close_before(prefix.first)
        parents.append(open_ones[-1] if open_ones else _NONE)
        begin(prefix.first, index)
        open_ones.append(index)
    close_before(ALL_ONES + 1)
    return starts, innermost, parents
