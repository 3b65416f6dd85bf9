"""DKIM: our domain's signature on what goes out, if the service has a key for it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import dkim

from tocsin.configuration.service import MailPlace
from tocsin.model.errors import ConfigurationError
from tocsin.service.delivery.connection import Sign

_SIGNED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"mime-version",
    b"content-type", b"content-transfer-encoding", b"auto-submitted", b"in-reply-to",
    b"references", b"list-id", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip
"""RFC 6376, 5.4.1, and what one-click leaving asks for (RFC 8058, 4)."""


def signature_of(mail: MailPlace) -> Sign | None:
    """What signs; None if there is no key. ConfigurationError if the key is none."""
    return _signature(mail.dkim_key, mail.dkim_selector, mail.domain) if mail.dkim_key else None


@lru_cache(maxsize=4)
def _signature(key: str, selector: str, domain: str) -> Sign:
    try:
        secret = Path(key).read_bytes()
        _sign(b"From: a@example.org\r\n\r\n.\r\n", secret, selector, domain)
    except (OSError, ValueError, dkim.DKIMException) as error:
        raise ConfigurationError(
            f"no DKIM key can be read there: {type(error).__name__}",
            where="mail.dkim_key",
            todo="name a file that holds an RSA key in PEM, which this user may read",
        ) from error
    return lambda message: _sign(message, secret, selector, domain) + message


def _sign(message: bytes, secret: bytes, selector: str, domain: str) -> bytes:
    header: bytes = dkim.sign(
        message,
        selector.encode(),
        domain.encode(),
        secret,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[each for each in _SIGNED if _has(message, each)],
    )
    return header


def _has(message: bytes, name: bytes) -> bool:
    head = message.partition(b"\r\n\r\n")[0].lower()
    return head.startswith(name + b":") or b"\r\n" + name + b":" in head
