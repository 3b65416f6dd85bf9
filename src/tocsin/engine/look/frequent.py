"""Counting words of which there may be endlessly many, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Generic, TypeVar

Word = TypeVar("Word", int, str)


class Frequent(Generic[Word]):
    """Counts words; of very many only the most frequent are kept.

    `exact` turns False when words had to be forgotten: the counts are then lower bounds, since
    a forgotten word that comes again begins at nought.
    """

    def __init__(self, most: int = 50_000) -> None:
        self.exact = True
        self._most = most
        self._counts: Counter[Word] = Counter()

    def add(self, counts: Mapping[Word, int]) -> None:
        """Add up counted words."""
        for word, count in counts.items():
            self._counts[word] += count
        if len(self._counts) > 2 * self._most:
            self._counts = Counter(dict(self.top(self._most)))
            self.exact = False

    def __len__(self) -> int:
        return len(self._counts)

    def top(self, number: int) -> list[tuple[Word, int]]:
        """The most frequent words with their counts; of equals the lesser word first."""
        return sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))[:number]
