"""A part of a night that the brake holds, or staff have decided upon."""

from __future__ import annotations

from django.db import models

from tocsin.service.delivery.models.night import Night
from tocsin.service.delivery.models.report import Report


class HoldWhy(models.TextChoices):
    """Why."""

    JUMP = "jump", "far more than its median"
    NEW_RULE = "new_rule", "the first night of a rule"
    ONE_ADDRESS = "one_address", "one address in many reports"
    SHADOW = "shadow", "in shadow since an earlier night"


class HoldState(models.TextChoices):
    """Dropped: it goes to nobody. Shadow: nor does that part of the nights to come."""

    HELD = "held", "held"
    RELEASED = "released", "released"
    DROPPED = "dropped", "dropped"
    SHADOW = "shadow", "in shadow"


class Hold(models.Model):
    """kind, name: of the part (see `brake.part`). rows, in_reports: of this night; the medians are
    empty without history. samples: some of its rows, as texts by column. reports: those that it
    holds. over_at: when a shadow was ended, for the nights after."""

    night = models.ForeignKey(Night, models.PROTECT, related_name="holds")
    kind = models.CharField(max_length=7)
    name = models.CharField(max_length=300)
    why = models.CharField(max_length=11, choices=HoldWhy.choices)
    rows = models.PositiveBigIntegerField()
    in_reports = models.PositiveBigIntegerField()
    median_rows = models.FloatField(null=True, blank=True)
    median_reports = models.FloatField(null=True, blank=True)
    samples = models.JSONField(default=list)
    reports = models.ManyToManyField(Report, related_name="holds")
    state = models.CharField(max_length=8, choices=HoldState.choices, default=HoldState.HELD)
    note = models.TextField(blank=True)
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    over_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        """A part once in a night; those that wait are found first."""

        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["night", "kind", "name"], name="hold_once"),)
        indexes = (models.Index(fields=["state", "kind", "name"], name="hold_state"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.name} of {self.night}"
