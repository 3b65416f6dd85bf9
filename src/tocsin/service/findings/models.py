"""What people say of findings, and what they call their prefixes."""

from __future__ import annotations

from django.db import models

from tocsin.service.subscribers.models import Organisation


class FindingMark(models.Model):
    """What an organisation says of a finding; what the ledger says of it is not here.

    finding: its id, 32 hexadecimal digits. fixed: since when it is said to be. risk_until: the
    last day on which the risk is accepted; it hides nothing. by: who said something last.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="finding_marks")
    finding = models.CharField(max_length=32)
    seen = models.BooleanField(default=False)
    ticket = models.CharField(max_length=100, blank=True)
    fixed = models.DateTimeField(null=True, blank=True)
    risk_until = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    class Meta:
        """Once for an organisation."""

        constraints = (
            models.UniqueConstraint(fields=["organisation", "finding"], name="finding_mark_once"),
        )

    def __str__(self) -> str:
        return self.finding


class PrefixLabel(models.Model):
    """What an organisation calls a prefix within its networks: a pool, a customer's number.

    first: its first address as 32 hexadecimal digits of 128 bits; length: counted in 128 bits.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="prefix_labels")
    prefix = models.CharField(max_length=43)
    first = models.CharField(max_length=32)
    length = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=100)

    class Meta:
        """A prefix once for an organisation."""

        ordering = ("first", "length")
        constraints = (
            models.UniqueConstraint(fields=["organisation", "prefix"], name="prefix_label_once"),
        )

    def __str__(self) -> str:
        return f"{self.prefix}: {self.label}"
