"""Contacts of networks that nobody asked for, as national CERTs need them."""

from __future__ import annotations

from django.db import models

from tocsin.service.subscribers.models.network import NetworkFields


class ContactOrigin(models.TextChoices):
    """Where a contact is from; a manual one goes before all others, these in this order."""

    MANUAL = "manual", "manual"
    SECURITY_TXT = "security_txt", "security.txt"
    RDAP = "rdap", "abuse role in RDAP"
    REGISTRY_FILE = "registry_file", "bulk file of a registry"
    OPERATOR_FILE = "operator_file", "file of the operator"


class AbuseContact(NetworkFields):
    """An address to tell of a network's harm. A disabled one stays: no import revives it.

    `source`: whose word it is within its origin (`ripencc`, the name of a file); what is gone from
    a source is only looked for among what came from it. `country`: two capitals, or not known.
    """

    address = models.EmailField()
    origin = models.CharField(max_length=13, choices=ContactOrigin.choices)
    source = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, blank=True)
    organisation_name = models.CharField(max_length=200, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.TextField(blank=True)
    opted_out_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        """An address once per network and origin."""

        ordering = ("kind", "first", "value", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "value", "address", "origin"], name="abuse_contact_once"
            ),
        )
        indexes = (
            models.Index(fields=["kind", "first", "last"], name="abuse_contact_ends"),
            models.Index(fields=["kind", "value"], name="abuse_contact_value"),
            models.Index(fields=["address"], name="abuse_contact_address"),
        )


class ContactPolicy(models.Model):
    """Whether and how contacts are told, by country and report type; an empty one means any.

    The most particular counts: country and type, then country, then type, then neither.
    `cc`: an address that gets a copy. `most_per_day`: letters to one address, in `language`.
    """

    country = models.CharField(max_length=2, blank=True)
    report_type = models.CharField(max_length=80, blank=True)
    notify = models.BooleanField(default=False)
    cc = models.EmailField(blank=True)
    least_severity = models.CharField(max_length=8, default="info")
    most_per_day = models.PositiveIntegerField(default=1)
    language = models.CharField(max_length=8, default="en")

    class Meta:
        """One per country and type."""

        verbose_name_plural = "contact policies"
        constraints = (
            models.UniqueConstraint(fields=["country", "report_type"], name="policy_once"),
        )

    def __str__(self) -> str:
        return f"{self.country or 'any country'}, {self.report_type or 'any type'}"
