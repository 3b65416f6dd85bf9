"""A finished run of the engine, as the service has taken it."""

from __future__ import annotations

from django.db import models


class NightState(models.TextChoices):
    """How far it is. What is taken is looked over by the night brake before it is planned."""

    TAKEN = "taken", "taken: not looked over yet"
    CHECKED = "checked", "looked over"
    LATER = "later", "made anew later, or of an unfinished day"


class Night(models.Model):
    """The run of a day and its revision. The first of a day that was taken is none made later."""

    day = models.DateField()
    revision = models.PositiveIntegerField()
    state = models.CharField(max_length=7, choices=NightState.choices, default=NightState.TAKEN)
    partial = models.BooleanField(default=False)
    manifest = models.CharField(max_length=64)
    """SHA-256 of its manifest."""
    taken_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True, blank=True)
    """When the brake has looked it over: before, nothing of it is given out."""

    class Meta:
        """Once; and one of a day is the first, whoever takes another at the same moment."""

        ordering = ("day", "revision")
        constraints = (
            models.UniqueConstraint(fields=["day", "revision"], name="night_once"),
            models.UniqueConstraint(
                fields=["day"],
                condition=models.Q(partial=False) & ~models.Q(state=NightState.LATER.value),
                name="night_first_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} r{self.revision}"
