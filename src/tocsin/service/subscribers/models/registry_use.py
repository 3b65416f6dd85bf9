"""What registries have said lately, and how much they have been asked; shared by all workers."""

from __future__ import annotations

from django.db import models

from tocsin.service.subscribers.models.network import KINDS


class RegistryAnswer(models.Model):
    """What was said of a network when it was last looked up, in the form of `facts.py`."""

    kind = models.CharField(max_length=7, choices=KINDS)
    value = models.CharField(max_length=253)
    facts = models.JSONField(default=dict)
    asked_at = models.DateTimeField(db_index=True)

    class Meta:
        """One of each network."""

        constraints = (
            models.UniqueConstraint(fields=["kind", "value"], name="registry_answer_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.value}, asked at {self.asked_at}"


class RegistryUse(models.Model):
    """How often the server at `host` was asked in the minute and the day that began then.

    `closed_until`: it said itself that it does not want to be asked before.
    """

    host = models.CharField(max_length=255, unique=True)
    minute = models.DateTimeField()
    in_minute = models.PositiveIntegerField(default=0)
    day = models.DateField()
    in_day = models.PositiveIntegerField(default=0)
    closed_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.host}: {self.in_day} on {self.day}"
