"""Whether mail reaches an address, as far as what came back of it tells."""

from __future__ import annotations

from django.db import models


class Cause(models.TextChoices):
    """Why a message was given back. `other`: no words that anybody knows."""

    NO_ADDRESS = "no_address", "there is no such address"
    FULL = "full", "the mailbox is full"
    POLICY = "policy", "refused as spam, or by a rule"
    CONTENT = "content", "what was attached is not taken"
    UNREACHABLE = "unreachable", "its mail server cannot be reached"
    TOO_LARGE = "too_large", "the message is too large"
    OTHER = "other", "refused for an unknown reason"


class Health(models.TextChoices):
    """Nothing is sent to a dead address."""

    HEALTHY = "healthy", "reached"
    SOFT_FAILING = "soft_failing", "fails now and then"
    DEAD = "dead", "cannot be reached: nothing is sent"


class AddressHealth(models.Model):
    """An address of which something came back; all others are healthy.

    since: when the state began. cause, said: of the last failure that counts. soft_days, hard_days:
    on how many days' messages failed since the last success. forgiven_at: what was sent up to then
    does not count any more. round: grows with each death, so that each is told of once.
    """

    address = models.EmailField(unique=True)
    state = models.CharField(max_length=12, choices=Health.choices, default=Health.HEALTHY)
    since = models.DateTimeField()
    cause = models.CharField(max_length=11, choices=Cause.choices, blank=True)
    said = models.TextField(blank=True)
    soft_days = models.PositiveIntegerField(default=0)
    hard_days = models.PositiveIntegerField(default=0)
    forgiven_at = models.DateTimeField(null=True, blank=True)
    round = models.PositiveIntegerField(default=0)

    class Meta:
        """Those in trouble are found by their state."""

        verbose_name_plural = "health of addresses"
        ordering = ("address",)
        indexes = (models.Index(fields=["state", "address"], name="health_state"),)

    def __str__(self) -> str:
        return f"{self.address}: {self.state}"
