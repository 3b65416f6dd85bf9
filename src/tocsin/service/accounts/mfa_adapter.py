"""What we let the library for second factors do."""

from __future__ import annotations

import base64

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken

from tocsin.model.errors import ConfigurationError
from tocsin.service import installation


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc] # the library is untyped
    """Seeds are kept under a key of the installation: the database alone does not give them."""

    def encrypt(self, text: str) -> str:
        """For the database."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """From the database; ConfigurationError if the installation has another secret now."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise ConfigurationError(
                "a second factor was stored under another secret",
                where="accounts",
                todo="restore service/secret, or let the person set it up anew",
            ) from None


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(installation.secret().key("second factors")))
