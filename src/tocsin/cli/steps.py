"""Progress of the engine's steps as bars: one bar a step, in the order they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from tocsin.cli.output import Output


class _Steps:
    """Turns `(title, done, total)` into the bar of that title, moved on to `done`."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._stack = ExitStack()
        self._title = ""
        self._done = 0
        self._advance: Callable[[int], None] = lambda _: None

    def __call__(self, title: str, done: int, total: int) -> None:
        if title != self._title:
            self.close()
            bar: AbstractContextManager[Callable[[int], None]] = self._output.progress(title, total)
            self._advance = self._stack.enter_context(bar)
            self._title, self._done = title, 0
        if done > self._done:
            self._advance(done - self._done)
            self._done = done

    def close(self) -> None:
        self._stack.close()
        self._title = ""


@contextmanager
def stepwise(output: Output) -> Iterator[Callable[[str, int, int], None]]:
    """The progress callback that the engine's steps take."""
    steps = _Steps(output)
    try:
        yield steps
    finally:
        steps.close()
