"""With which networks a night made the reports of a list."""

from __future__ import annotations

from django.db import models

from tocsin.service.delivery.models.night import Night


class NightList(models.Model):
    """A list that has a report, as the night's snapshot had it.

    organisation: its id in the snapshot. networks: as `asn 64496`, each that brought rows.
    """

    # Before `list`, which is a field from there on.
    networks = models.JSONField(default=list)
    night = models.ForeignKey(Night, models.PROTECT, related_name="lists")
    list = models.BigIntegerField()
    organisation = models.CharField(max_length=64)

    class Meta:
        """A list once in a night."""

        constraints = (models.UniqueConstraint(fields=["night", "list"], name="night_list_once"),)

    def __str__(self) -> str:
        return f"list {self.list} of {self.night}"
