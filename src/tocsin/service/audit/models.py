"""What was done, by whom, and how it was before: lines that are only ever added."""

from __future__ import annotations

from typing import NoReturn

from django.db import models


class ActorKind(models.TextChoices):
    """Who acts."""

    PERSON = "person", "person"
    STAFF = "staff", "staff"
    OPERATOR = "operator", "operator"
    SYSTEM = "system", "system"


class AuditLine(models.Model):
    """One thing that was done. The database itself refuses to change or remove a line.

    `organisation` and `request` are numbers, not keys: a line outlives what it is about.
    """

    at = models.DateTimeField(db_index=True)
    actor_kind = models.CharField(max_length=10, choices=ActorKind.choices)
    actor = models.CharField(max_length=254)
    verb = models.CharField(max_length=60, db_index=True)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    subject_name = models.CharField(max_length=300, blank=True)
    organisation = models.BigIntegerField(null=True, blank=True, db_index=True)
    request = models.BigIntegerField(null=True, blank=True, db_index=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        """Newest first."""

        ordering = ("-id",)
        indexes = (models.Index(fields=["subject_kind", "subject_id"], name="audit_subject"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor}: {self.verb} {self.subject_name}"

    def delete(self, *args: object, **kwargs: object) -> NoReturn:  # noqa: ARG002
        """Never."""
        raise TypeError("audit lines are not removed")
