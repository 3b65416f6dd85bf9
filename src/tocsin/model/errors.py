"""The one tree of errors.

TocsinError
├── TerminalError            the same input fails again; someone has to change something
│   ├── UsageError           a command was called in a way that makes no sense
│   ├── ConfigurationError   tocsin.toml, environment, a source's or a policy's file
│   ├── CatalogueError       report types, columns, areas
│   ├── InputError           an input file as a whole (broken archive, unknown format)
│   ├── AtlasError           routes, geography, a missing or implausible atlas
│   ├── SnapshotError        the lists file
│   ├── RunError             a night's run: unfinished day, damaged package, pruned input
│   └── HomeError            the state directory: permission, foreign format
└── TransientError           the same input may succeed later
    ├── Busy                 another process holds the lock
    ├── StorageFull          no room left on the device
    ├── WorkerLost           a worker died more often than a batch is tried again
    ├── StoreUnreachable     the object store does not answer, or answers with other bytes
    └── PublisherUnreachable a publisher of maps does not answer, or sends something else

Every error says what was wrong, where, and what to do; `problems` lists them all where
there may be several (a catalogue with five mistakes is told five times, once).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in one place.

    `where` is a file name or another place a person can find; `line` and `column` count
    from 1, 0 when there is none.
    """

    where: str
    line: int
    column: int
    what: str
    todo: str = ""

    def __str__(self) -> str:
        place = self.where
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        text = f"{place}: {self.what}" if place else self.what
        return f"{text} ({self.todo})" if self.todo else text


class TocsinError(Exception):
    """What was wrong, where, and what to do about it."""

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        line: int = 0,
        todo: str = "",
        problems: Sequence[Problem] = (),
    ) -> None:
        self.what = what
        self.where = where
        self.line = line
        self.todo = todo
        self.problems = tuple(sorted(problems))
        super().__init__(self.message())

    def message(self) -> str:
        """The whole story as text, one line and then one per problem."""
        first = str(Problem(self.where, self.line, 0, self.what, self.todo))
        return "\n".join([first, *(f"  {problem}" for problem in self.problems)])

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders; keyword-only arguments need to be told how.
        state = (self.what, self.where, self.line, self.todo, self.problems)
        return (_rebuild, (type(self), *state))


def _rebuild(
    kind: type[TocsinError],
    what: str,
    where: str,
    line: int,
    todo: str,
    problems: tuple[Problem, ...],
) -> TocsinError:
    return kind(what, where=where, line=line, todo=todo, problems=problems)


class TerminalError(TocsinError):
    """The same input fails again; someone has to change something."""


class UsageError(TerminalError):
    """A command was called in a way that makes no sense."""


class ConfigurationError(TerminalError):
    """The configuration, the environment, or a file of policy is wrong."""


class CatalogueError(TerminalError):
    """Report types, columns, areas or sources do not hold together."""


class InputError(TerminalError):
    """An input file as a whole cannot be taken in."""


class AtlasError(TerminalError):
    """Routes or geography are missing, broken, or not believable."""


class SnapshotError(TerminalError):
    """The snapshot of organisations and lists is wrong."""


class RunError(TerminalError):
    """A night's run cannot be made or resumed as asked."""


class HomeError(TerminalError):
    """The directory that holds all state cannot be used."""


class TransientError(TocsinError):
    """The same input may succeed later."""


class Busy(TransientError):
    """Another process holds the lock."""


class StorageFull(TransientError):
    """No room is left on the device; nothing half-written was kept."""


class WorkerLost(TransientError):
    """Workers died again and again on one batch."""


class StoreUnreachable(TransientError):
    """The object store does not answer, or does not give back what it was given."""


class PublisherUnreachable(TransientError):
    """A publisher of maps does not answer, or does not send what it says it sends."""
