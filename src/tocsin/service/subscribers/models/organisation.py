"""Who subscribes, and the people who may speak for it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tocsin.engine.nightly.subscribers import OrganisationKind


class OrganisationState(models.TextChoices):
    """Frozen: nothing is sent and nothing changed until staff have looked at it."""

    ACTIVE = "active", "active"
    FROZEN = "frozen", "frozen"
    CLOSED = "closed", "closed"


class Organisation(models.Model):
    """An organisation. `slug` is its id in the snapshot, and never changes.

    `mail_domains`: where its people have their addresses; recipients elsewhere wait.
    `country`: two capitals where it has its seat, empty if not known.
    """

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(
        max_length=14,
        choices=[(each.value, each.value.replace("_", " ")) for each in OrganisationKind],
        default=OrganisationKind.OWNER.value,
    )
    country = models.CharField(max_length=2, blank=True, db_index=True)
    mail_domains = models.JSONField(default=list, blank=True)
    state = models.CharField(
        max_length=8,
        choices=OrganisationState.choices,
        default=OrganisationState.ACTIVE,
        db_index=True,
    )
    frozen_reason = models.TextField(blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(blank=True)
    founded_at = models.DateTimeField()

    class Meta:
        """By name."""

        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    @property
    def is_national_cert(self) -> bool:
        """Whether it answers for a country."""
        return self.kind == OrganisationKind.NATIONAL_CERT.value


class ContactRole(models.TextChoices):
    """An admin may change the feed; a member may see it."""

    ADMIN = "admin", "organisation admin"
    MEMBER = "member", "member"


class ContactState(models.TextChoices):
    """A contact counts once the address has been confirmed; outside the domains it waits first."""

    UNCONFIRMED = "unconfirmed", "not confirmed yet"
    WAITING = "waiting", "waits until its time has come"
    ACTIVE = "active", "active"
    REMOVED = "removed", "removed"


class Contact(models.Model):
    """A person on file for an organisation, by mail address.

    `account` is set when the contact becomes active. `active_from`: when one outside the
    organisation's domains may become active at the earliest. `round` changes whenever links that
    were mailed to the contact are to become void.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="contacts")
    full_name = models.CharField(max_length=200)
    address = models.EmailField()
    phone = models.CharField(max_length=32, blank=True)
    role = models.CharField(max_length=6, choices=ContactRole.choices, default=ContactRole.MEMBER)
    state = models.CharField(
        max_length=11, choices=ContactState.choices, default=ContactState.UNCONFIRMED
    )
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="contacts"
    )
    round = models.PositiveIntegerField(default=0)
    active_from = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField()

    class Meta:
        """One contact per address and organisation."""

        ordering = ("full_name", "id")
        constraints = (
            models.UniqueConstraint(fields=["organisation", "address"], name="contact_once"),
        )
        indexes = (models.Index(fields=["address", "state"], name="contact_address"),)

    def __str__(self) -> str:
        return f"{self.full_name} <{self.address}>"

    @property
    def is_admin(self) -> bool:
        """Whether they may change the feed."""
        return self.state == ContactState.ACTIVE and self.role == ContactRole.ADMIN
