"""Which rows go to which lists, put in order list by list, never all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.model.address import Ints

MOST_PAIRS = 1 << 22
"""So many pairs of a row and a list are sorted at once, or those of one list if it has more."""

_Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class OfLists:
    """The lists that get anything, ascending, with the rows and the bytes of lines of each."""

    lists: Ints
    rows: Ints
    bytes: Ints


@dataclass(frozen=True)
class Part:
    """Rows by list: `rows[begins[n]:begins[n + 1]]` go to the list in place `lists[n]`.

    Rows are places in a segment, ascending within a list; lists are places in `OfLists`.
    """

    lists: list[int]
    rows: Ints
    begins: Ints


class Shares:
    """The audiences of a unit's rows. `audiences`: ids of lists by number."""

    def __init__(self, audiences: Sequence[Sequence[int]]) -> None:
        self.sizes: Ints = np.array([len(members) for members in audiences], np.int64)
        self._members: Ints = np.array([each for one in audiences for each in one], np.int64)
        self._audience_of_member = np.repeat(np.arange(len(self.sizes)), self.sizes)
        self._numbers: list[_Numbers] = []

    def add(self, numbers: _Numbers) -> None:
        """Take the audiences of the next rows, none of them empty."""
        self._numbers.append(numbers)

    def numbers(self, first: int, last: int) -> _Numbers:
        """The audiences of the rows from `first` on and before `last`."""
        self._numbers = [np.concatenate([np.zeros(0, np.int32), *self._numbers])]
        return self._numbers[0][first:last]

    def of_lists(self, lengths: NDArray[np.int32]) -> OfLists:
        """What each list gets. `lengths`: bytes of the rows' lines."""
        numbers = self.numbers(0, len(lengths))
        count = len(self.sizes)
        rows = np.bincount(numbers, minlength=count)
        # Weights are summed as floats, which are exact up to 2^53 bytes.
        sizes = np.bincount(numbers, weights=lengths, minlength=count).astype(np.int64)
        lists, place = np.unique(self._members, return_inverse=True)
        of_member = self._audience_of_member
        rows_of_list = np.bincount(place, weights=rows[of_member], minlength=len(lists))
        bytes_of_list = np.bincount(place, weights=sizes[of_member], minlength=len(lists))
        told = rows_of_list > 0
        return OfLists(
            lists[told], rows_of_list[told].astype(np.int64), bytes_of_list[told].astype(np.int64)
        )

    def parts(self, numbers: _Numbers, of_lists: OfLists) -> Iterator[Part]:
        """These rows by list, in parts that memory holds; every list lies in one part."""
        rows = np.bincount(numbers, minlength=len(self.sizes))
        known = np.isin(self._members, of_lists.lists)
        members = np.searchsorted(of_lists.lists, self._members[known])
        of_member = self._audience_of_member[known]
        pairs = np.bincount(members, weights=rows[of_member], minlength=len(of_lists.lists))
        for first, last in _cuts(pairs.astype(np.int64)):
            inside = (members >= first) & (members < last)
            yield self._part(numbers, members[inside], of_member[inside])

    def _part(self, numbers: _Numbers, members: Ints, of_member: Ints) -> Part:
        fan_outs = np.bincount(of_member, minlength=len(self.sizes))
        begins = np.cumsum(fan_outs) - fan_outs
        fan_out = fan_outs[numbers]
        row = np.repeat(np.arange(len(numbers)), fan_out)
        within = np.arange(len(row)) - np.repeat(np.cumsum(fan_out) - fan_out, fan_out)
        list_of = members[np.repeat(begins[numbers], fan_out) + within]
        order = _stable(list_of)
        lists, starts = np.unique(list_of[order], return_index=True)
        return Part(lists.tolist(), row[order], np.append(starts, len(row)).astype(np.int64))


def _cuts(pairs: Ints) -> Iterator[tuple[int, int]]:
    """Spans of neighbouring lists with MOST_PAIRS pairs together, one list at least."""
    first, held = 0, 0
    for place, count in enumerate(pairs.tolist()):
        if held and held + count > MOST_PAIRS:
            yield first, place
            first, held = place, 0
        held += count
    if held:
        yield first, len(pairs)


def _stable(values: Ints) -> Ints:
    """The order of the values, equal ones as they stand."""
    # Numbers of 16 bits are sorted by counting, several times faster.
    if len(values) and int(values.max()) < 1 << 16:
        return np.argsort(values.astype(np.uint16), kind="stable")
    return np.argsort(values, kind="stable")
