"""What people ask for, and each network that they claim."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tocsin.service.subscribers.models.network import NetworkFields, ProofMethod
from tocsin.service.subscribers.models.organisation import Organisation


class RequestKind(models.TextChoices):
    """To subscribe for the first time, or to change what there is."""

    SUBSCRIBE = "subscribe", "new subscription"
    CHANGE = "change", "change"


class RequestChannel(models.TextChoices):
    """How it came."""

    WEB = "web", "web form"
    MAIL = "mail", "mail"
    PORTAL = "portal", "portal"


class RequestState(models.TextChoices):
    """Where a request stands.

    asked: something is missing or unclear, and the person has been asked. unconfirmed: complete,
    and the person has to confirm it. proving: networks are looked up and proven. review: staff
    decide.
    """

    ASKED = "asked", "waits for an answer"
    UNCONFIRMED = "unconfirmed", "waits to be confirmed"
    PROVING = "proving", "networks are being proven"
    REVIEW = "review", "waits for staff"
    APPROVED = "approved", "approved"
    REFUSED = "refused", "refused"
    WITHDRAWN = "withdrawn", "withdrawn"

    @classmethod
    def open_ones(cls) -> tuple[RequestState, ...]:
        """Those in which something may still happen."""
        return (cls.ASKED, cls.UNCONFIRMED, cls.PROVING, cls.REVIEW)


class Request(models.Model):
    """A request. `wanted` is what is asked for, in the form of `wanted.py`; of a change, `change`
    is the whole of it, in the form of `change_value.py`.

    `requester`: the address that asks. `questions`: what was asked back and is still open.
    `round`: changes when links that were mailed are to become void. `first_approval`: by whom,
    where two have to agree. `frozen_evidence`: what was in view when it was decided.
    `staff_seconds`: from its coming to staff to their decision.
    """

    kind = models.CharField(max_length=9, choices=RequestKind.choices)
    channel = models.CharField(max_length=6, choices=RequestChannel.choices)
    state = models.CharField(max_length=11, choices=RequestState.choices, db_index=True)
    requester = models.EmailField(db_index=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="requests"
    )
    organisation_name = models.CharField(max_length=200, blank=True)
    wanted = models.JSONField(default=dict)
    change = models.JSONField(default=dict, blank=True)
    questions = models.JSONField(default=list, blank=True)
    mail_evidence = models.JSONField(default=dict, blank=True)
    last_message_id = models.CharField(max_length=998, blank=True)
    language = models.CharField(max_length=8, default="en")
    round = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(db_index=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    reviewed_from = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_approval = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision = models.TextField(blank=True)
    frozen_evidence = models.JSONField(null=True, blank=True)

    class Meta:
        """Oldest first, as in a queue."""

        ordering = ("id",)
        indexes = (models.Index(fields=["state", "reviewed_from"], name="request_queue"),)

    def __str__(self) -> str:
        return f"request {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether something may still happen."""
        return self.state in RequestState.open_ones()


class ClaimState(models.TextChoices):
    """Where the proof of one claimed network stands.

    new: to be looked up. pending: the look-up failed and is tried again. asked: a proof was asked
    for, and the person may choose another. void: what was asked for can no longer be given.
    """

    NEW = "new", "not looked up yet"
    PENDING = "pending", "registry does not answer; tried again"
    ASKED = "asked", "waits for a proof"
    PROVEN = "proven", "proven"
    REFUSED = "refused", "refused"
    STAFF = "staff", "staff decide"


class Claim(NetworkFields):
    """A network that a request claims: proven by itself, decided by itself.

    `facts`: what registries and the DNS say, in the form of `verification/facts.py`. `refusal`: why
    it cannot be had, in words for the person. `round` and `tries` belong to the code that was
    mailed: three wrong ones, and a new round begins.
    """

    request = models.ForeignKey(Request, models.CASCADE, related_name="claims")
    state = models.CharField(max_length=7, choices=ClaimState.choices, default=ClaimState.NEW)
    method = models.CharField(max_length=14, choices=ProofMethod.choices, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    refusal = models.TextField(blank=True)
    asked_of = models.JSONField(default=list, blank=True)
    round = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """A network once per request."""

        ordering = ("kind", "first", "value", "id")
        constraints = (
            models.UniqueConstraint(fields=["request", "kind", "value"], name="claim_once"),
        )
        indexes = (models.Index(fields=["kind", "value"], name="claim_value"),)
