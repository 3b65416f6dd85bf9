"""The worker: takes tasks and does them, may die at any line, and does nothing twice.

A piece of work has two halves. The outer one touches the world (looks something up, hands a letter
over) and writes nothing of ours. The inner one writes to the database, in the same transaction as
the mark that the task is done. Who dies between the two does the outer half again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import DatabaseError, transaction

from tocsin.model.errors import TocsinError, TransientError
from tocsin.service.work import queue
from tocsin.service.work.models import Task

Payload = Mapping[str, Any]

Trouble = Callable[[Payload, str, dt.datetime], None]
"""What is written down when a task did not work: given what went wrong, in words."""

_log = structlog.get_logger("tocsin.work")


def _nothing(payload: Payload, error: str, now: dt.datetime) -> None:
    """Most work has nothing to say about that."""


@dataclass(frozen=True, slots=True)
class Work:
    """How one kind of task is done.

    outer: asks the world; what it returns is given to `inner`. inner: writes it down. postponed:
    writes down that it did not work yet, and why. given_up: the same, once it has failed for good.
    """

    outer: Callable[[Payload], Any]
    inner: Callable[[Payload, Any, dt.datetime], None]
    postponed: Trouble = _nothing
    given_up: Trouble = _nothing


def inner_only(function: Callable[[Payload, dt.datetime], None]) -> Work:
    """Work that asks nobody."""
    return Work(lambda _: None, lambda payload, _, now: function(payload, now))


def work_off(
    works: Mapping[str, Work], clock: Callable[[], dt.datetime], most: int | None = None
) -> int:
    """Do what is due until nothing is, or `most` tasks are done; how many were taken."""
    taken = 0
    while most is None or taken < most:
        task = queue.take(clock(), tuple(works))
        if task is None:
            break
        taken += 1
        _do(task, works[task.kind], clock)
    return taken


def _do(task: Task, work: Work, clock: Callable[[], dt.datetime]) -> None:
    log = _log.bind(task=task.pk, kind=task.kind, attempt=task.attempts)
    try:
        found = work.outer(task.payload)
        with transaction.atomic():
            if not queue.is_ours(task):
                log.warning("lease lost")
                return
            work.inner(task.payload, found, clock())
            queue.finish(task, clock())
    except (TransientError, DatabaseError, OSError) as error:
        log.info("postponed", error=str(error))
        _not_done(task, work, clock(), str(error), for_good=False)
    except Exception as error:
        log.error("failed", error=repr(error), exc_info=True)
        told = error.message() if isinstance(error, TocsinError) else repr(error)
        _not_done(task, work, clock(), told, for_good=True)
    else:
        log.info("done")


def _not_done(task: Task, work: Work, now: dt.datetime, error: str, *, for_good: bool) -> None:
    """Mark the task, and let its work write down what follows, in one transaction."""
    log = _log.bind(task=task.pk, kind=task.kind)
    with transaction.atomic():
        if not queue.is_ours(task):
            return
        if for_good:
            queue.fail(task, now, error)
        again = not for_good and queue.postpone(task, now, error)
        half = work.postponed if again else work.given_up
        try:
            with transaction.atomic():
                half(task.payload, error, now)
        except Exception as second:
            # The mark of the task stands: a mistake in here must not bring it back for ever.
            log.error("not written down", error=repr(second), exc_info=True)
