"""How a command ends, as a number; documented for operators, and never changed."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.model.errors import TocsinError, TransientError, UsageError

DONE = 0
REJECTED = 1
USAGE = 2
TERMINAL = 3
TRANSIENT = 4
FAULT = 70
TRY_LATER = 75
INTERRUPTED = 130

EXIT_CODES: Mapping[int, str] = {
    DONE: "done",
    REJECTED: "done, but something was rejected or found wrong",
    USAGE: "called in a way that makes no sense",
    TERMINAL: "failed; the same again fails again until someone changes something",
    TRANSIENT: "failed; the same again may succeed later",
    FAULT: "a fault of Tocsin itself",
    TRY_LATER: "a message was not stored; the mail server keeps it, and tries again",
    INTERRUPTED: "interrupted",
}


def code_of(error: TocsinError) -> int:
    """The exit code that tells this error's family."""
    if isinstance(error, UsageError):
        return USAGE
    return TRANSIENT if isinstance(error, TransientError) else TERMINAL
