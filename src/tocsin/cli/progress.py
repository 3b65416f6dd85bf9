"""How far a long step is: a bar for a person, a line now and then for a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from tocsin.cli.terminal import SafeConsole

EVERY = 5.0
"""Seconds between two lines in a log."""


def shown_progress(
    console: SafeConsole, title: str, total: int | None
) -> AbstractContextManager[Callable[[int], None]]:
    """A context whose value advances by n; what is shown depends on where it goes."""
    return _bar(console, title, total) if console.is_terminal else _lines(console, title, total)


@contextmanager
def _bar(console: SafeConsole, title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda steps: progress.advance(task, steps)


@contextmanager
def _lines(console: SafeConsole, title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    done, told_at = 0, time.monotonic()
    of = "" if total is None else f" of {total}"

    def advance(steps: int) -> None:
        nonlocal done, told_at
        done += steps
        if time.monotonic() - told_at >= EVERY:
            told_at = time.monotonic()
            console.print(f"{title}: {done}{of}", soft_wrap=True)

    yield advance
