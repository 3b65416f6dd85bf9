"""Which paths of another vocabulary cannot stand beside each other in one object.

Of two such paths one would take the other's place, and what stands there would be lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


def clash(one: str, other: str) -> bool:
    """Whether a path is the other, goes on from it, or has an object where that has a list."""
    for mine, theirs in zip(one.split("."), other.split("."), strict=False):
        if mine.removesuffix("[]") != theirs.removesuffix("[]"):
            return False
        if mine != theirs:
            return True
    return True


class Paths:
    """Paths of one object. Those that differ in their first name cannot clash."""

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._by_first: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for path in paths:
            self.add(path)

    def add(self, path: str) -> None:
        """Have one more."""
        self._by_first[_first(path)].setdefault(path)

    def against(self, path: str) -> str:
        """The first other path that clashes with it; empty if there is none."""
        held = self._by_first.get(_first(path), ())
        return next((each for each in held if each != path and clash(path, each)), "")


def _first(path: str) -> str:
    return path.partition(".")[0].removesuffix("[]")
