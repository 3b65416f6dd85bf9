"""OpenPGP keys of those who want their mail encrypted."""

from __future__ import annotations

from django.db import models

from tocsin.service.subscribers.models.organisation import Organisation


class RecipientKeyState(models.TextChoices):
    """The newest that is active or unusable, and whose time has come, is the one that holds."""

    ACTIVE = "active", "in use"
    UNUSABLE = "unusable", "cannot be used any more"
    REPLACED = "replaced", "replaced"
    REMOVED = "removed", "removed"


class RecipientKey(models.Model):
    """A key of an address, for all that the organisation's lists send to it.

    fingerprint: capital hex digits. armour: the public key, as it may be encrypted to. names: its
    user ids. expires_at: None: never. active_from: as of recipients, later for an address outside
    the organisation's domains. by: who uploaded it. reason: why it is unusable.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="openpgp_keys")
    address = models.EmailField()
    fingerprint = models.CharField(max_length=64)
    armour = models.TextField()
    names = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    active_from = models.DateTimeField()
    state = models.CharField(
        max_length=8, choices=RecipientKeyState.choices, default=RecipientKeyState.ACTIVE
    )
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=254)
    made_at = models.DateTimeField()

    class Meta:
        """Found by organisation and address."""

        ordering = ("active_from", "id")
        indexes = (
            models.Index(fields=["organisation", "address", "state"], name="recipient_key_of"),
        )

    def __str__(self) -> str:
        return f"{self.grouped} of {self.address}"

    @property
    def grouped(self) -> str:
        """The fingerprint as people compare it: in groups of four."""
        said = self.fingerprint
        return " ".join(said[at : at + 4] for at in range(0, len(said), 4))
