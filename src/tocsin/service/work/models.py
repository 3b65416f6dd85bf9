"""What is still to be done, in the database, so that no process has to remember it."""

from __future__ import annotations

from django.db import models


class TaskState(models.TextChoices):
    """Where a task stands. What waits may be under a lease: then a worker is at it."""

    WAITING = "waiting", "waiting"
    DONE = "done", "done"
    FAILED = "failed", "failed"


class Task(models.Model):
    """One piece of work. `key` tells what it does, so that asking twice makes one task.

    `lease` is the token of the worker that is at it, until `leased_until`; a worker that has died
    leaves both behind, and another takes over when the time has passed.
    """

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=TaskState.choices, default=TaskState.WAITING)
    due_at = models.DateTimeField()
    lease = models.CharField(max_length=36, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """A key once a kind; the next due are found by one index."""

        constraints = (models.UniqueConstraint(fields=["kind", "key"], name="task_once"),)
        indexes = (models.Index(fields=["state", "due_at", "id"], name="task_next"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.state}"
