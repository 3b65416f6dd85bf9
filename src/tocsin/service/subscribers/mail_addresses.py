"""Mail addresses of people: read, and brought to the form in which they are compared."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from tocsin.service.accounts.models import canonical_address
from tocsin.service.texts import harmless


def mail_address(said: str) -> str:
    """A mail address in small letters; ValueError if it is none.

    The domain is in A-labels, so that one that only looks like another shows that it is another.
    """
    text = harmless(said, 320)
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(f"“{text}” is no mail address ({str(error).rstrip('.')})") from None
    if found.ascii_email is None:
        raise ValueError(f"“{text}” has a local part that many mail servers do not take")
    return canonical_address(found.ascii_email)
