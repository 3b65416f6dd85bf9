"""What a client signs: the exact bytes of the body, and the time before them if it gives one."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re

WITHIN = dt.timedelta(minutes=5)
"""How far a time that a client gives may be from ours."""

_MOMENT = re.compile(r"\d{1,12}", re.ASCII)


def signed_text(body: bytes, moment: str | None) -> bytes:
    """The bytes that are signed. moment: the header with the time as it came; None without."""
    return body if moment is None else moment.encode("utf-8", "surrogatepass") + b"\n" + body


def signature(secret: str, text: bytes) -> str:
    """HMAC-SHA-256 in small hexadecimal digits, as the header `HMAC2` has it."""
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def is_signature(secret: str, text: bytes, said: str) -> bool:
    """Whether that is the signature, compared in the same time for every wrong one."""
    made = signature(secret, text).encode()
    return hmac.compare_digest(made, said.strip().lower().encode("utf-8", "surrogatepass"))


def is_near(moment: str, now: dt.datetime) -> bool:
    """Whether the time (seconds since 1970, UTC) is near ours."""
    if not _MOMENT.fullmatch(moment):
        return False
    return abs(now.timestamp() - int(moment)) <= WITHIN.total_seconds()
