"""Putting work into the queue, and taking it out, one worker at a time for each piece."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from tocsin.service.work.models import Task, TaskState

LEASE = dt.timedelta(minutes=10)
"""How long a worker may be silent before another takes its task over."""

_PAUSES = (30, 120, 600, 1800, 7200, 21_600)
"""Seconds before each next attempt; the last one again and again."""

_AT_ONCE = 500

MOST_ATTEMPTS = 30
"""With the pauses above, about a week."""


def enqueue(
    kind: str,
    key: str,
    payload: Mapping[str, object],
    now: dt.datetime,
    due: dt.datetime | None = None,
) -> Task:
    """Ask for work; what was asked for before under that key is not asked for again.

    Call it within the transaction that makes the work necessary: both are there, or neither.
    """
    task, _ = Task.objects.get_or_create(
        kind=kind,
        key=key,
        defaults={"payload": dict(payload), "due_at": due or now, "made_at": now},
    )
    return task


def enqueue_many(
    kind: str,
    wanted: Mapping[str, Mapping[str, object]],
    now: dt.datetime,
    due: Mapping[str, dt.datetime] | None = None,
) -> None:
    """The same for many, payloads by key: as many statements for a thousand as for one.

    due: when, by key; at once for those that have no moment there.
    """
    moments = due or {}
    tasks = [
        Task(kind=kind, key=key, payload=dict(payload), due_at=moments.get(key, now), made_at=now)
        for key, payload in wanted.items()
    ]
    Task.objects.bulk_create(tasks, batch_size=_AT_ONCE, ignore_conflicts=True)


def take(now: dt.datetime, kinds: tuple[str, ...] = ()) -> Task | None:
    """The next task that is due, under a lease of ours; None if there is none."""
    with transaction.atomic():
        task = _lockable(_due(now, kinds)).order_by("due_at", "id").first()
        if task is None:
            return None
        task.lease = str(uuid.uuid4())
        task.leased_until = now + LEASE
        task.attempts += 1
        task.save(update_fields=["lease", "leased_until", "attempts"])
        return task


def is_ours(task: Task) -> bool:
    """Whether we still hold the lease; call it within the transaction that ends the task."""
    held = Task.objects.filter(pk=task.pk, lease=task.lease, state=TaskState.WAITING)
    return _lockable(held).exists()


def finish(task: Task, now: dt.datetime) -> None:
    """Mark as done."""
    _end(task, TaskState.DONE, now, "")


def fail(task: Task, now: dt.datetime, error: str) -> None:
    """Mark as failed for good; staff see it."""
    _end(task, TaskState.FAILED, now, error)


def postpone(task: Task, now: dt.datetime, error: str) -> bool:
    """Try again later, after a pause that grows; False if it has been tried enough, and failed."""
    if task.attempts >= MOST_ATTEMPTS:
        fail(task, now, error)
        return False
    pause = _PAUSES[min(task.attempts, len(_PAUSES)) - 1]
    due = now + dt.timedelta(seconds=pause)
    Task.objects.filter(pk=task.pk, lease=task.lease).update(
        due_at=due, lease="", leased_until=None, last_error=error[:2000]
    )
    return True


def again(task: Task, now: dt.datetime) -> None:
    """Let staff ask for a failed task once more."""
    Task.objects.filter(pk=task.pk, state=TaskState.FAILED).update(
        state=TaskState.WAITING, due_at=now, attempts=0, ended_at=None
    )


def _due(now: dt.datetime, kinds: tuple[str, ...]) -> QuerySet[Task]:
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    tasks = Task.objects.filter(free, state=TaskState.WAITING, due_at__lte=now)
    return tasks.filter(kind__in=kinds) if kinds else tasks


def _lockable(tasks: QuerySet[Task]) -> QuerySet[Task]:
    # SQLite locks the whole file from the first statement of a transaction on.
    if connection.features.has_select_for_update_skip_locked:
        return tasks.select_for_update(skip_locked=True)
    return tasks


def _end(task: Task, state: TaskState, now: dt.datetime, error: str) -> None:
    Task.objects.filter(pk=task.pk, lease=task.lease).update(
        state=state, ended_at=now, lease="", leased_until=None, last_error=error[:2000]
    )
