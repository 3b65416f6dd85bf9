"""What owners say of rows that they were sent."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.service.subscribers.models.mailing_list import MailingList
from tocsin.service.subscribers.models.organisation import Organisation


class CaseState(models.TextChoices):
    """Open: staff look at it first. In force: it suppresses."""

    UNCONFIRMED = "unconfirmed", "waits to be confirmed"
    OPEN = "open", "waits for staff"
    IN_FORCE = "in_force", "in force"
    REFUSED = "refused", "refused"
    ENDED = "ended", "ended"


CaseKind = SuppressionKind


class Case(models.Model):
    """Somebody says that rows were wrong, or that what they tell of has been fixed.

    `address` is the subject: an address, or the very prefix. `moment`: until when a false positive
    holds, or at which time it was fixed. `rows`: those that the claimant had in view, as
    `reported_rows.py` writes them. `suppressed`: how many sightings it has hidden, the sum of
    `sightings`, which hold what the newest run of each day (ISO) counted. `evidence`: what DKIM,
    SPF and DMARC said of the mail. `round` changes when a link that was mailed is to become void.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="cases")
    kind = models.CharField(
        max_length=14, choices=[(each.value, each.value.replace("_", " ")) for each in CaseKind]
    )
    state = models.CharField(max_length=11, choices=CaseState.choices, default=CaseState.IN_FORCE)
    address = models.CharField(max_length=43)
    port = models.PositiveIntegerField(null=True, blank=True)
    report_type = models.CharField(max_length=80, blank=True)
    rule = models.CharField(max_length=120, blank=True)
    lists: models.ManyToManyField[MailingList, models.Model] = models.ManyToManyField(
        MailingList, related_name="cases"
    )
    moment = models.DateTimeField()
    reason = models.TextField(blank=True)
    rows = models.JSONField(default=list, blank=True)
    claimant = models.EmailField()
    suppressed = models.PositiveIntegerField(default=0)
    sightings = models.JSONField(default=dict, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    round = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision = models.TextField(blank=True)

    class Meta:
        """Newest first."""

        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.address}"
