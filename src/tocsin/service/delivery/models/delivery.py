"""One message to one address: the outbox."""

from __future__ import annotations

from django.db import models

from tocsin.service.delivery.models.recall import Recall
from tocsin.service.subscribers.models import AbuseContact, Contact, MailingList, Recipient


class DeliveryKind(models.TextChoices):
    """What the message holds."""

    REPORT = "report", "one report"
    DIGEST = "digest", "all reports of a list and day"
    CORRECTION = "correction", "rows that are taken back"
    PROOF = "proof", "that nothing was seen in a span of time"


class DeliveryState(models.TextChoices):
    """Where it stands. `sending`: a worker is at it, under a lease.

    `dropped`: not sent, since it is not valid any more; `failed`: refused for good.
    """

    WAITING = "waiting", "waiting"
    SENDING = "sending", "sending"
    SENT = "sent", "sent"
    FAILED = "failed", "failed"
    DROPPED = "dropped", "dropped"


class DeliveryForm(models.TextChoices):
    """What is sent of it. `link`: a gateway has refused the files, so the message goes without."""

    USUAL = "usual", "as the list prefers"
    LINK = "link", "with links alone"


class Delivery(models.Model):
    """A message. `key` makes it one; `message_id` follows from the key, and tells it in bounces.

    reports: the ids of its reports. recipient: None for the tester of a redirected list. contact:
    instead of list and recipient, of whom nobody asked for. recall: of a correction. person: of the
    list's organisation, told instead of a recipient of what was fetched. facts: of a message
    without reports. domain: of the address, by which the rate is held. reply: what the
    server said last. attempts: how often the server was asked; while it cannot be reached at all,
    nothing is counted.
    """

    # Before `list`, which is a field from there on.
    reports = models.JSONField(default=list)
    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=12, choices=DeliveryKind.choices)
    form = models.CharField(max_length=5, choices=DeliveryForm.choices, default=DeliveryForm.USUAL)
    day = models.DateField()
    list = models.ForeignKey(
        MailingList, models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    # An import removes contacts that its source has no more; what was sent stays known.
    contact = models.ForeignKey(AbuseContact, models.SET_NULL, null=True, blank=True)
    recipient = models.ForeignKey(
        Recipient, models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    person = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    recall = models.ForeignKey(Recall, models.PROTECT, null=True, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    address = models.EmailField()
    domain = models.CharField(max_length=255)
    message_id = models.CharField(max_length=250, unique=True)
    state = models.CharField(
        max_length=7, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    reason = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    lease = models.CharField(max_length=36, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    reply = models.TextField(blank=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """The next due are found by one index; so are those of a list, and of an address."""

        verbose_name_plural = "deliveries"
        ordering = ("id",)
        indexes = (
            models.Index(fields=["state", "due_at", "id"], name="delivery_next"),
            models.Index(fields=["list", "day"], name="delivery_of_list"),
            models.Index(fields=["address", "state"], name="delivery_address"),
            models.Index(fields=["day", "state"], name="delivery_of_day"),
        )

    def __str__(self) -> str:
        return f"{self.key}: {self.state}"
