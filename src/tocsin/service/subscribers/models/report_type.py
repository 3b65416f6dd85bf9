"""Which report types subscribers know of."""

from __future__ import annotations

from django.db import models


class KnownType(models.Model):
    """A report type that the catalogue had at some time.

    A type that is new joins all lists that want "all except" at `joins_at`, after its notice.
    """

    id = models.CharField(max_length=80, primary_key=True)
    seen_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True, blank=True)
    joins_at = models.DateTimeField()

    class Meta:
        """By name."""

        ordering = ("id",)

    def __str__(self) -> str:
        return self.id
