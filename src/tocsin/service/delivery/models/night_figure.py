"""How much of a part a night gave out."""

from __future__ import annotations

from django.db import models

from tocsin.service.delivery.models.night import Night


class NightFigure(models.Model):
    """kind, name: of a part (see `brake.part`), or `seen` and a type: all that was published of it.

    rows, reports: see `brake.figures.Count`.
    """

    night = models.ForeignKey(Night, models.CASCADE, related_name="figures")
    kind = models.CharField(max_length=7)
    name = models.CharField(max_length=300)
    rows = models.PositiveBigIntegerField()
    reports = models.PositiveBigIntegerField()

    class Meta:
        """A part once in a night; found by part."""

        constraints = (
            models.UniqueConstraint(fields=["night", "kind", "name"], name="night_figure_once"),
        )
        indexes = (models.Index(fields=["kind", "name"], name="night_figure_part"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.name} in {self.night}"
