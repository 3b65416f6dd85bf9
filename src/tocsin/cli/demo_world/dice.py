"""Chance that falls the same way every time."""

from __future__ import annotations

import hashlib
from bisect import bisect
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from random import Random
from typing import TypeVar

Thing = TypeVar("Thing")


class Dice:
    """Draws that follow from the seed alone.

    Only `Random.random` is drawn from: of all its methods it alone is promised to give the same
    sequence in every version of Python.
    """

    def __init__(self, seed: str) -> None:
        self._draw = Random(seed).random  # noqa: S311 - it has to be foreseeable

    def below(self, end: int) -> int:
        """A whole number from 0 up to and without `end`, all alike."""
        return int(self._draw() * end)

    def between(self, least: int, greatest: int) -> int:
        """A whole number from `least` to `greatest`, both included, all alike."""
        return least + self.below(greatest - least + 1)

    def ranked(self, count: int) -> int:
        """A number below `count`, the lower the likelier: the n-th comes 1/n as often."""
        return min(int((count + 1) ** self._draw()) - 1, count - 1)

    def chance(self, share: float) -> bool:
        """Whether something happens that happens in this share of cases."""
        return self._draw() < share

    def pick(self, things: Sequence[Thing]) -> Thing:
        """One of the things, all alike."""
        return things[self.below(len(things))]

    def favourite(self, things: Sequence[Thing]) -> Thing:
        """One of the things, those in front more often."""
        return things[self.ranked(len(things))]

    def weighted(self, weights: tuple[int, ...]) -> int:
        """The number of one of the weights, each as often as it weighs."""
        sums = _sums(weights)
        return bisect(sums, self._draw() * sums[-1])


@cache
def _sums(weights: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(accumulate(weights))


def digest_of(*words: object) -> str:
    """64 hexadecimal digits that follow from the words: a made-up hash of a made-up file."""
    return hashlib.sha256(" ".join(str(word) for word in words).encode()).hexdigest()
