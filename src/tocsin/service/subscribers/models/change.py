"""What was changed for an organisation, so that it can be told, objected to, and taken back."""

from __future__ import annotations

from django.db import models

from tocsin.service.subscribers.models.organisation import Organisation
from tocsin.service.subscribers.models.request import Request


class ChangeState(models.TextChoices):
    """Objected: somebody who was told said that it was none of theirs."""

    DONE = "done", "done"
    OBJECTED = "objected", "objected to"
    SETTLED = "settled", "looked at by staff"


class Change(models.Model):
    """One change, which all admins were told of. It is never edited but for its state.

    `by`: the address of whoever made it. `lines`: what was done, in words. `steps`: the same for
    programs, in the form of `steps.py`, in the order of doing. `taken_back`: whether what it gave
    was taken away again when somebody objected.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="changes")
    request = models.ForeignKey(
        Request, models.PROTECT, null=True, blank=True, related_name="changes"
    )
    by = models.CharField(max_length=254)
    lines = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=ChangeState.choices, default=ChangeState.DONE)
    made_at = models.DateTimeField()
    objected_by = models.CharField(max_length=254, blank=True)
    objected_at = models.DateTimeField(null=True, blank=True)
    taken_back = models.BooleanField(default=False)

    class Meta:
        """Newest first."""

        ordering = ("-id",)

    def __str__(self) -> str:
        return f"change {self.pk}"
