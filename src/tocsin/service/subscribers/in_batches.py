"""Many things, a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_batches(things: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """The things in order, `size` at a time, the last time fewer."""
    remaining = iter(things)
    while batch := tuple(islice(remaining, size)):
        yield batch
