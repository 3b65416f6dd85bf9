"""What an organisation answers for, and how that was proven."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tocsin.service.subscribers.models.organisation import Organisation
from tocsin.service.subscribers.values import NetworkKind, NetworkValue

KINDS = [(each.value, each.value) for each in NetworkKind]


class NetworkFields(models.Model):
    """What names a network, in columns that can be searched.

    `value` is canonical: `64496`, `192.0.2.0/24`, `XX`, `example.org`. Of a prefix, `first` and
    `last` are its ends as 32 hexadecimal digits of 128 bits, which sort as addresses do.
    """

    kind = models.CharField(max_length=7, choices=KINDS)
    value = models.CharField(max_length=253)
    first = models.CharField(max_length=32, blank=True)
    last = models.CharField(max_length=32, blank=True)

    class Meta:
        """No table of its own."""

        abstract = True

    @property
    def network(self) -> NetworkValue:
        """The value that these columns hold."""
        return NetworkValue(NetworkKind(self.kind), self.value)

    @staticmethod
    def columns_of(network: NetworkValue) -> dict[str, str]:
        """The columns that hold a value."""
        first, last = network.ends()
        return {"kind": network.kind.value, "value": network.value, "first": first, "last": last}

    def __str__(self) -> str:
        return str(self.network)


class NetworkState(models.TextChoices):
    """Frozen: its holder has changed, or somebody has objected; nothing is reported of it."""

    ACTIVE = "active", "active"
    FROZEN = "frozen", "frozen"
    ENDED = "ended", "ended"


class Network(NetworkFields):
    """A network that an organisation answers for, from `valid_from` on and before `valid_to`.

    `holder`, `holder_id`, `registry`: who holds it by the registry, as seen when it was last
    looked up; empty for what has no registry entry. `found_facts`: what the registry said when the
    network was frozen for it. `look_again_at`: when the daily comparison takes it again.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="networks")
    state = models.CharField(
        max_length=6, choices=NetworkState.choices, default=NetworkState.ACTIVE
    )
    frozen_reason = models.TextField(blank=True)
    label = models.CharField(max_length=100, blank=True)
    holder = models.CharField(max_length=300, blank=True)
    holder_id = models.CharField(max_length=100, blank=True)
    registry = models.CharField(max_length=20, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    found_facts = models.JSONField(default=dict, blank=True)
    looked_up_at = models.DateTimeField(null=True, blank=True)
    look_again_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Found by value, by ends, and by organisation."""

        ordering = ("kind", "first", "value", "id")
        indexes = (
            models.Index(fields=["kind", "value"], name="network_value"),
            models.Index(fields=["kind", "first", "last"], name="network_ends"),
            models.Index(fields=["state", "look_again_at"], name="network_look_again"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "kind", "value"],
                condition=~models.Q(state="ended"),
                name="network_once",
            ),
        )


class ProofMethod(models.TextChoices):
    """By what it was shown that an organisation answers for a network."""

    REGISTRY_MAIL = "registry_mail", "code mailed to a contact of the registry"
    DNS = "dns", "TXT record in the DNS"
    REMARKS = "remarks", "token in the remarks of the registry object"
    PEERINGDB = "peeringdb", "sign-in through PeeringDB"
    SAME_HOLDER = "same_holder", "same holder as a network that was proven"
    STAFF = "staff", "decision of staff"
    IMPORTED = "imported", "imported"


class ProofState(models.TextChoices):
    """A proof is valid until it ends or is revoked."""

    VALID = "valid", "valid"
    ENDED = "ended", "ended"
    REVOKED = "revoked", "revoked"


class Proof(models.Model):
    """A proof of one network. `evidence` is what was seen then, and stays as it was."""

    network = models.ForeignKey(Network, models.PROTECT, related_name="proofs")
    method = models.CharField(max_length=14, choices=ProofMethod.choices)
    state = models.CharField(max_length=7, choices=ProofState.choices, default=ProofState.VALID)
    evidence = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        """Newest first."""

        ordering = ("-made_at", "-id")

    def __str__(self) -> str:
        return f"{self.get_method_display()} of {self.network}"
