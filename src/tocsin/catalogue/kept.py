"""What is made of the very same objects is made once: most of every catalogue is what ships."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """The values made last, `most` at most, by what they were made of; none is to be changed.

    Objects count as the same by identity, since to compare a rule with another takes longer than
    to make one. While a value is held here, so is what it was made of: no other has its id.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[tuple[int, ...], tuple[tuple[object, ...], T]] = OrderedDict()

    def of(self, objects: tuple[object, ...], make: Callable[[], T | None]) -> T | None:
        """The value made of these objects, in that order. None is not kept."""
        key = tuple(map(id, objects))
        held = self._held.get(key)
        if held is not None:
            return held[1]
        value = make()
        if value is not None:
            self._held[key] = objects, value
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return value
