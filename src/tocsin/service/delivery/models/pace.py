"""How far the rate of a domain is used up."""

from __future__ import annotations

from django.db import models


class Pace(models.Model):
    """A domain to which only so many messages a minute go. free_at: when the next one may.

    All workers hold to the same row, wherever they run.
    """

    domain = models.CharField(max_length=255, unique=True)
    free_at = models.DateTimeField()

    class Meta:
        """Those that have to wait are found by their time."""

        indexes = (models.Index(fields=["free_at"], name="pace_free"),)

    def __str__(self) -> str:
        return f"{self.domain}: {self.free_at}"
