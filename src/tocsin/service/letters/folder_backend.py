"""Where letters go while no mail server is named: each a file, written whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from tocsin.engine.files import write_atomically
from tocsin.service import installation


class FolderBackend(BaseEmailBackend):
    """Django's interface to mail; letters are numbered in the order in which they were sent."""

    def __init__(self, *, fail_silently: bool = False, **_: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self._folder = installation.unsent_mail()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write each to its file; how many were written."""
        for message in email_messages:
            content = message.message().as_bytes()
            # Two processes may find the same number; with the digest they write two files.
            digest = hashlib.sha256(content).hexdigest()[:12]
            write_atomically(self._folder / f"{self._next():06}-{digest}.eml", content)
        return len(email_messages)

    def _next(self) -> int:
        numbers = [int(each.stem.partition("-")[0]) for each in self._folder.glob("[0-9]*.eml")]
        return max(numbers, default=0) + 1
