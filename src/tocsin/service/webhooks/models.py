"""Web-hooks: where an organisation's own programs are told of reports, and what was told."""

from __future__ import annotations

from django.db import models

from tocsin.service.delivery.models import Recall, Report
from tocsin.service.subscribers.models import Organisation


class HookState(models.TextChoices):
    """Off: it failed for too long; somebody may put it on again. Ended: for good."""

    ACTIVE = "active", "active"
    OFF = "off", "off: it failed for too long"
    ENDED = "ended", "ended"


class Webhook(models.Model):
    """Where to tell of reports. Its secret is derived, never stored (see `signing`).

    secret_number: with which secret of the installation. failing_since: when the first of the
    failures since the last success was.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=500)
    state = models.CharField(max_length=6, choices=HookState.choices, default=HookState.ACTIVE)
    secret_number = models.PositiveIntegerField()
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    failing_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        """By number."""

        ordering = ("id",)

    def __str__(self) -> str:
        return self.url


class Call(models.TextChoices):
    """Where a call stands. Dropped: what it was to tell of is not theirs any more."""

    WAITING = "waiting", "waiting"
    SENT = "sent", "taken"
    FAILED = "failed", "failed"
    DROPPED = "dropped", "dropped"


class HookCall(models.Model):
    """One thing told to one web-hook. report: None for a test. recall: what takes rows of it back.

    said: what came of it last.
    """

    webhook = models.ForeignKey(Webhook, models.PROTECT, related_name="calls")
    key = models.CharField(max_length=100, unique=True)
    report = models.ForeignKey(Report, models.CASCADE, null=True, blank=True)
    recall = models.ForeignKey(Recall, models.PROTECT, null=True, blank=True)
    state = models.CharField(max_length=7, choices=Call.choices, default=Call.WAITING)
    failures = models.PositiveIntegerField(default=0)
    said = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Found by web-hook, the newest first."""

        ordering = ("-id",)
        indexes = (models.Index(fields=["webhook", "state"], name="hook_call_state"),)

    def __str__(self) -> str:
        return self.key
