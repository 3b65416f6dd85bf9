"""Mail that stays as it was made, whichever servers it passes."""

from __future__ import annotations

from email.header import Header
from email.message import Message
from typing import cast

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.message import utf8_charset_qp

_LONGEST = 74
"""So that no line with an encoded word has more than 76 characters (RFC 2047, 2)."""


class SevenBits(EmailMessage):
    """As Django's, in ASCII: texts beyond it are quoted-printable, subjects are encoded words.

    A server that passes on seven bits alone would encode texts itself, and so break the signature
    of the mail (RFC 6376, 5.3). The first word of a subject stands on the line of its name.
    """

    def message(self) -> Message:  # type: ignore[override] # Django's own are of this class
        """The message."""
        alternatives = self.alternatives if isinstance(self, EmailMultiAlternatives) else ()
        texts = [str(self.body), *(str(content) for content, _ in alternatives)]
        if not all(map(str.isascii, texts)):
            self.encoding = utf8_charset_qp
        built = cast("Message", super().message())
        if not self.subject.isascii():
            said = Header(str(self.subject), "utf-8", header_name="Subject")
            built.replace_header("Subject", said.encode(maxlinelen=_LONGEST))
        return built
