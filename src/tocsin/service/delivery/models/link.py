"""A download link: the id that was given out, as a hash."""

from __future__ import annotations

from django.db import models

from tocsin.service.delivery.models.report import Report
from tocsin.service.subscribers.models import Recipient


class Link(models.Model):
    """One report and one holder. The id itself is never stored: it is derived (see `links`).

    digest: SHA-256 of the id. holder: `r<recipient>.<round>`, `t<list>.<tester>`, `c<contact>` or
    `k<key>`. secret_number: with which secret of the installation the id was derived, so that a
    new secret does not change it.
    """

    digest = models.CharField(max_length=64, unique=True)
    report = models.ForeignKey(Report, models.PROTECT, related_name="links")
    holder = models.CharField(max_length=60)
    recipient = models.ForeignKey(Recipient, models.PROTECT, null=True, blank=True)
    secret_number = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        """One for a report and a holder."""

        constraints = (models.UniqueConstraint(fields=["report", "holder"], name="link_once"),)

    def __str__(self) -> str:
        return f"{self.report} for {self.holder}"
