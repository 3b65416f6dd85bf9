"""That a report was fetched, and by whom."""

from __future__ import annotations

from django.db import models

from tocsin.service.delivery.models.report import Report


class Fetch(models.Model):
    """A report (of one revision), and who has fetched it or rows of it.

    holder: as of a link, or `u<user>` of somebody who was signed in. count: how often; what comes
    within a minute of the last one is a download in parts, and counts as one.
    """

    report = models.ForeignKey(Report, models.CASCADE, related_name="fetches")
    holder = models.CharField(max_length=60)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        """One for a report and a holder."""

        verbose_name_plural = "fetches"
        constraints = (models.UniqueConstraint(fields=["report", "holder"], name="fetch_once"),)

    def __str__(self) -> str:
        return f"{self.report} by {self.holder}"
