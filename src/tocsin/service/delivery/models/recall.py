"""Rows that were given out, and are taken back."""

from __future__ import annotations

from django.db import models

from tocsin.service.delivery.models.report import Report


class Recall(models.Model):
    """kind, name: of the part (see `brake.part`): a rule, a source, a sensor or an event; of the
    reports of the days `first_day` to `last_day`, both included. judgement: the id of what the
    engine was told, if it was. planned_at: when its corrections were asked for. nights: keys of
    those that were looked through; in one that was taken since, any report may have rows."""

    nights = models.JSONField(default=list)
    kind = models.CharField(max_length=7)
    name = models.CharField(max_length=300)
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.TextField()
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    judgement = models.CharField(max_length=12, blank=True)
    planned_at = models.DateTimeField(null=True, blank=True)
    reports = models.ManyToManyField(Report, through="RecalledReport", related_name="recalls")

    class Meta:
        """Once; found by day."""

        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "name", "first_day", "last_day"], name="recall_once"
            ),
        )
        indexes = (models.Index(fields=["first_day", "last_day"], name="recall_days"),)

    def __str__(self) -> str:
        return f"recall {self.pk}: {self.kind} {self.name}"


class RecalledReport(models.Model):
    """A report that has rows of a recall, and how many."""

    recall = models.ForeignKey(Recall, models.PROTECT)
    report = models.ForeignKey(Report, models.CASCADE)
    rows = models.PositiveBigIntegerField()

    class Meta:
        """Once."""

        constraints = (
            models.UniqueConstraint(fields=["recall", "report"], name="recalled_report_once"),
        )

    def __str__(self) -> str:
        return f"{self.report} in {self.recall}"
