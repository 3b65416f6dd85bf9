"""Keys of the API, and requests that may not come twice."""

from __future__ import annotations

from django.db import models

from tocsin.service.subscribers.models import MailingList, Organisation


class ApiKey(models.Model):
    """A key of an organisation. Its secret is never stored: it is derived (see `keys`).

    key_id: what a client names itself by; no secret. groups: of methods that it may call.
    all_lists: every list of the organisation, those to come as well; else those of `lists`.
    sources: prefixes that calls have to come from; empty for anywhere. secret_number: with which
    secret of the installation its secret is derived, so that a new one breaks no key. round: in
    what is derived as well. last_used: the day (UTC).
    """

    # Before `lists`, which is a field from there on.
    groups = models.JSONField(default=list)
    sources = models.JSONField(default=list, blank=True)
    key_id = models.CharField(max_length=24, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=80)
    all_lists = models.BooleanField(default=True)
    lists: models.ManyToManyField[MailingList, models.Model] = models.ManyToManyField(
        MailingList, related_name="api_keys", blank=True
    )
    secret_number = models.PositiveIntegerField()
    round = models.PositiveIntegerField(default=0)
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used = models.DateField(null=True, blank=True)

    class Meta:
        """A name once among those of an organisation that are not revoked."""

        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "name"],
                condition=models.Q(revoked_at=None),
                name="api_key_name_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.key_id})"


class SeenRequest(models.Model):
    """A request whose sender gave the time with it, so that the same bytes are refused again."""

    digest = models.CharField(max_length=64, unique=True)
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.digest[:12]} at {self.seen_at}"
