"""What came back of a message of ours, once for each."""

from __future__ import annotations

from django.db import models

from tocsin.service.delivery.models.delivery import Delivery
from tocsin.service.subscribers.models import Cause


class ReturnedKind(models.TextChoices):
    """Given back by a server, or called unwanted by who got it."""

    FAILED = "failed", "given back"
    COMPLAINT = "complaint", "complaint"


class Returned(models.Model):
    """A failure, or a complaint. `key` makes a message count once, however often it comes back.

    delivery or letter (its number): what came back; neither once that is not kept any more.
    address: whom that was sent to. cause, definite, status, said: of a failure; said: in the
    server's words. sent_at: when the message went out. message: the number of the mail that brought
    it; None if our mail server was told at once.
    """

    key = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=9, choices=ReturnedKind.choices)
    delivery = models.ForeignKey(
        Delivery, models.SET_NULL, null=True, blank=True, related_name="returned"
    )
    letter = models.BigIntegerField(null=True, blank=True, db_index=True)
    address = models.EmailField()
    cause = models.CharField(max_length=11, choices=Cause.choices, blank=True)
    definite = models.BooleanField(default=False)
    status = models.CharField(max_length=12, blank=True)
    said = models.TextField(blank=True)
    sent_at = models.DateTimeField()
    noted_at = models.DateTimeField()
    message = models.BigIntegerField(null=True, blank=True)

    class Meta:
        """Those of an address are found by when its messages were sent."""

        verbose_name_plural = "returned"
        ordering = ("id",)
        indexes = (
            models.Index(fields=["address", "kind", "sent_at"], name="returned_of_address"),
            models.Index(fields=["kind", "noted_at"], name="returned_lately"),
        )

    def __str__(self) -> str:
        return f"{self.key}: {self.kind} {self.cause}".strip()
