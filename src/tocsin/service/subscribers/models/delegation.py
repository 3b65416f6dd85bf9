"""What a national CERT may see of organisations in its country."""

from __future__ import annotations

from django.db import models

from tocsin.service.subscribers.models.organisation import Organisation


class DelegationLevel(models.TextChoices):
    """How much it may see."""

    NAMES = "names", "that they subscribe, and for which networks"
    CONTACTS = "contacts", "their contacts as well"


class Delegation(models.Model):
    """A national CERT may see organisations of a country, as far as `level` says."""

    cert = models.ForeignKey(Organisation, models.CASCADE, related_name="delegations")
    country = models.CharField(max_length=2)
    level = models.CharField(max_length=8, choices=DelegationLevel.choices)
    since = models.DateTimeField()
    note = models.TextField(blank=True)

    class Meta:
        """Once per country."""

        constraints = (models.UniqueConstraint(fields=["cert", "country"], name="delegation_once"),)

    def __str__(self) -> str:
        return f"{self.cert} for {self.country}"
