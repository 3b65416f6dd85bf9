"""A message that is made: its bytes stay as they are until they are sent."""

from __future__ import annotations

from email.message import Message
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives


class Exact(Message):
    """A message by its headers and its bytes (with CRLF): made anew, the bytes might differ."""

    def __init__(self, headers: Message, exact: bytes) -> None:
        super().__init__()
        for name, value in headers.raw_items():
            self[name] = value
        self._exact = exact

    def as_bytes(self, *_: Any, linesep: str = "\n", **__: Any) -> bytes:
        """The bytes, with that end of a line."""
        return self._exact.replace(b"\r\n", linesep.encode())

    def as_string(self, *_: Any, linesep: str = "\n", **__: Any) -> str:
        """The same as text."""
        return self.as_bytes(linesep=linesep).decode("ascii", "surrogateescape")


class FinishedMessage(EmailMultiAlternatives):
    """A message of Django's whose MIME is made already.

    Subject, addresses, headers and files are those of `made_of`; its text too, unless `hidden`.
    """

    def __init__(self, made_of: EmailMessage, made: Exact, *, hidden: bool) -> None:
        super().__init__(
            subject=made_of.subject,
            body="" if hidden else made_of.body,
            from_email=made_of.from_email,
            to=made_of.to,
            reply_to=made_of.reply_to,
            headers=made_of.extra_headers,
        )
        # Whoever sends it asks whether it has any, when a gateway refuses it.
        self.attachments = list(made_of.attachments)
        self._made = made

    def message(self) -> Message:  # type: ignore[override] # Django's own are of this class
        """As it was made."""
        return self._made
