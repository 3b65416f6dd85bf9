"""What a person wrote in a mail, without what they quote and what they always write below."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail as text; everything in it is harmless.

    sender: address of From. sender_name: its display name. subject: without Re:, Fwd: and the like.
    body: what was written now. signature: what stands below it. quoted: what is quoted of earlier
    mails. attached: texts of attachments, by name.
    """

    sender: str
    sender_name: str
    subject: str
    body: str
    signature: str = ""
    quoted: str = ""
    attached: tuple[tuple[str, str], ...] = ()


def mail_text(message: EmailMessage) -> MailText:
    """Read a parsed mail; what cannot be decoded is read as well as it can be, never an error."""
    raise NotImplementedError
