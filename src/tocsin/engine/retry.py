"""Trying again what may succeed later; nothing else in the engine does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tocsin.model.errors import TransientError

LONGEST_WAIT = 60.0

_Result = TypeVar("_Result")


def with_retries(
    attempt: Callable[[], _Result],
    *,
    attempts: int,
    sleep: Callable[[float], None],
    first_wait: float = 1.0,
) -> _Result:
    """What `attempt` returns, tried up to `attempts` times.

    Only a TransientError is tried again, after 1, 2, 4, ... times `first_wait` seconds (at most
    a minute); the last one is raised, and every other error at once.
    """
    for number in range(attempts - 1):
        try:
            return attempt()
        except TransientError:
            sleep(min(first_wait * 2**number, LONGEST_WAIT))
    return attempt()
