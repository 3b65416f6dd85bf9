"""What has ever been mailed to the service: one row a message, and what became of it."""

from __future__ import annotations

from django.db import models


class CameBy(models.TextChoices):
    """The way in. recovered: a file without a row, as a process that was killed leaves it."""

    LISTENER = "listener", "SMTP or LMTP"
    PIPE = "pipe", "pipe"
    IMAP = "imap", "IMAP"
    RECOVERED = "recovered", "found as a file"


class MessageState(models.TextChoices):
    """What became of a message."""

    WAITING = "waiting", "waits to be read"
    TAKEN = "taken", "taken"
    IGNORED = "ignored", "ignored"
    REFUSED = "refused", "refused"


class IncomingMessage(models.Model):
    """A message that reached us. The same bytes to the same address are one; the bytes lie in
    a file.

    `sender`: of the envelope, None if not known, empty for `<>`. `peer`: the address of the server
    that handed it to our listener by SMTP, `helo`: how that called itself. `recipient`: which
    address of ours it is for. `from_address`: of the header, empty if there is not exactly one.
    `aligned`: whether a signature, or the sending server, vouches for that domain. `reason` is a
    word for programs, `explanation` a sentence. `evidence`: what DKIM, SPF and DMARC say.
    `request` and `organisation` are numbers of what it belongs to.
    """

    sha256 = models.CharField(max_length=64)
    came_by = models.CharField(max_length=9, choices=CameBy.choices)
    sender = models.CharField(max_length=320, null=True, blank=True)
    peer = models.GenericIPAddressField(null=True, blank=True, unpack_ipv4=True)
    helo = models.CharField(max_length=255, blank=True)
    recipient = models.CharField(max_length=320, blank=True)
    from_address = models.CharField(max_length=254, blank=True)
    message_id = models.CharField(max_length=250, blank=True, db_index=True)
    in_reply_to = models.JSONField(default=list, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    size = models.BigIntegerField()
    received_at = models.DateTimeField(db_index=True)
    state = models.CharField(
        max_length=7, choices=MessageState.choices, default=MessageState.WAITING
    )
    reason = models.CharField(max_length=20, blank=True)
    explanation = models.TextField(blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    aligned = models.BooleanField(default=False)
    evidence = models.JSONField(default=dict, blank=True)
    request = models.BigIntegerField(null=True, blank=True, db_index=True)
    organisation = models.BigIntegerField(null=True, blank=True, db_index=True)

    class Meta:
        """In the order of coming."""

        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["sha256", "recipient"], name="message_once"),
        )
        indexes = (
            models.Index(fields=["state", "reason"], name="message_state"),
            models.Index(fields=["from_address", "received_at"], name="message_sender"),
        )

    def __str__(self) -> str:
        return f"message {self.pk} of {self.from_address or 'nobody'}: {self.state} {self.reason}"
