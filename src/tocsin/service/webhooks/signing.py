"""How a call is signed: HMAC-SHA256 over the timestamp, a dot, and the body.

The secret is derived from a secret of the installation: a copy of the database alone gives none
away.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

from tocsin.service import keyring
from tocsin.service.secret import in_base62
from tocsin.service.webhooks.models import Webhook

TIMESTAMP = "X-Tocsin-Timestamp"
SIGNATURE = "X-Tocsin-Signature"
CALL = "X-Tocsin-Call"

_LENGTH = 43
"""Letters and digits: 256 bits."""


def secret_of(hook: Webhook) -> str:
    """For whoever made the web-hook, once, and to sign."""
    key = keyring.secret(hook.secret_number).key("webhook")
    return in_base62(hmac.digest(key, f"{hook.pk}".encode(), hashlib.sha384), _LENGTH)


def headers(hook: Webhook, call: str, body: bytes, now: dt.datetime) -> dict[str, str]:
    """Of a call: which it is, when it is made, and the proof that it is ours."""
    timestamp = str(int(now.timestamp()))
    return {
        "Content-Type": "application/json",
        CALL: call,
        TIMESTAMP: timestamp,
        SIGNATURE: f"sha256={signature(secret_of(hook), timestamp, body)}",
    }


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The signature, hexadecimal."""
    return hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hex()
