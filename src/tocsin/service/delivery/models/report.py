"""A report of a night: where its bytes are, and what became of it."""

from __future__ import annotations

from django.db import models

from tocsin.service.delivery.models.night import Night


class Outcome(models.TextChoices):
    """What became of a report: every one ends with exactly one of these.

    `waiting` and `held` are not the end. `later`: its list was mailed another revision of the day.
    """

    WAITING = "waiting", "waiting"
    HELD = "held", "held by the night brake"
    PLANNED = "planned", "to be sent"
    SHADOW = "shadow", "its list is in shadow: made and shown, not sent"
    NOBODY = "nobody", "its list has no recipient"
    INVALID = "invalid", "its organisation, list or networks are not valid any more"
    DROPPED = "dropped", "dropped by staff"
    LIMITED = "limited", "its contact has been told often enough that day"
    LATER = "later", "another revision of its day was mailed"


class Report(models.Model):
    """One report of a list (by number: lists of a file of the operator's are not in the database).

    file: its name. offset, bytes: where in `pack` (a path within the run's package) it lies.
    """

    night = models.ForeignKey(Night, models.PROTECT, related_name="reports")
    day = models.DateField()
    list = models.BigIntegerField()
    report_type = models.CharField(max_length=80)
    delayed = models.BooleanField(default=False)
    file = models.CharField(max_length=200)
    rows = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    pack = models.CharField(max_length=120)
    offset = models.PositiveBigIntegerField()
    outcome = models.CharField(max_length=7, choices=Outcome.choices, default=Outcome.WAITING)

    class Meta:
        """A name once in a night; found by list and day."""

        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["night", "file"], name="report_once"),)
        indexes = (
            models.Index(fields=["list", "day"], name="report_of_list"),
            models.Index(fields=["night", "outcome"], name="report_outcome"),
        )

    def __str__(self) -> str:
        return self.file
