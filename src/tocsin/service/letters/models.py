"""Letters that the service writes to people."""

from __future__ import annotations

from django.db import models


class LetterState(models.TextChoices):
    """Where a letter stands. Held: staff got as many of its kind that day as they are to get."""

    WAITING = "waiting", "waiting"
    SENT = "sent", "sent"
    REFUSED = "refused", "refused"
    HELD = "held", "held back"


class Letter(models.Model):
    """A letter: which text, to whom, and what fills it. `key` makes it one letter.

    Links and codes are not in `context`; the text names what they stand for, and they are derived
    when it is sent. `message_id` follows from the key, so that a letter handed over twice is one.
    """

    key = models.CharField(max_length=200, unique=True)
    text = models.CharField(max_length=60)
    language = models.CharField(max_length=8, default="en")
    recipient = models.CharField(max_length=254, db_index=True)
    context = models.JSONField(default=dict)
    request = models.BigIntegerField(null=True, blank=True, db_index=True)
    organisation = models.BigIntegerField(null=True, blank=True, db_index=True)
    message_id = models.CharField(max_length=250, unique=True)
    answers = models.CharField(max_length=998, blank=True)
    state = models.CharField(
        max_length=10, choices=LetterState.choices, default=LetterState.WAITING
    )
    written_at = models.DateTimeField(db_index=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    refusal = models.TextField(blank=True)

    class Meta:
        """In the order of writing."""

        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.text} to {self.recipient}: {self.state}"
