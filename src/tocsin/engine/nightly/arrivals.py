"""Putting together in their order what workers finish in any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

Arrived = Callable[[int], None]


@contextmanager
def putting_together(count: int, together: Callable[[Iterable[int]], object]) -> Iterator[Arrived]:
    """Around work that calls what it gets with a number below `count` as each is done.

    `together` runs in a thread meanwhile; what it iterates over gives the numbers in their order,
    each once it has arrived. The block ends when it has; its errors are raised, in the block if
    there is still work to be done, and an error of the block's cancels it.
    """
    there = [Event() for _ in range(count)]
    given_up = Event()

    def in_order() -> Iterator[int]:
        for number, arrived in enumerate(there):
            arrived.wait()
            if given_up.is_set():
                raise CancelledError
            yield number

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(together, in_order())
        try:
            yield lambda number: _arrive(there[number], future)
        except BaseException:
            given_up.set()
            for each in there:
                each.set()
            raise
        future.result()


def _arrive(event: Event, future: Future[object]) -> None:
    if future.done():
        future.result()
    event.set()
