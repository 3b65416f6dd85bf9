"""Whether a call comes from whom it says: its key, its signature, its time, its place."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from tocsin.service import installation, keyring
from tocsin.service.api.answers import Method
from tocsin.service.api.errors import Refused
from tocsin.service.api.keys import comes_from, derived, holds, key_of, used
from tocsin.service.api.limits import count_call
from tocsin.service.api.models import ApiKey, SeenRequest
from tocsin.service.api.signature import is_near, is_signature, signed_text
from tocsin.service.work.worker import Payload, inner_only

FORGET = "forget_api_requests"

KEPT = dt.timedelta(hours=1)
"""How long a request that gave its time is remembered: longer than its time is believed."""

_SLOTS = 1 << 16


@dataclass(frozen=True, slots=True)
class Signed:
    """A call as it came. moment: the header with the time, None without; sender: an address."""

    key_id: str
    signature: str
    body: bytes
    moment: str | None
    sender: str


def checked(said: Signed, now: dt.datetime) -> ApiKey:
    """The key of the call, with its organisation; Refused with 401 or 403.

    A key that does not exist takes as long as a wrong signature, and is answered alike.
    """
    key = key_of(said.key_id)
    number, turn = (key.secret_number, key.round) if key is not None else (keyring.newest(), 0)
    secret = derived(said.key_id[:64], number, turn)
    right = is_signature(secret, signed_text(said.body, said.moment), said.signature)
    if key is None or not right or not holds(key, now):
        raise Refused(401, "the key or the signature (header HMAC2) is wrong")
    if said.moment is not None:
        _refuse_old(said, said.moment, now)
    if not comes_from(key, said.sender):
        raise Refused(403, "this key may not be used from this address")
    used(key, now)
    return key


def allow(key: ApiKey, method: Method, now: dt.datetime) -> None:
    """Hold a key to its groups and to the limit of calls; Refused with 403 or 429."""
    if method.group is not None and method.group not in key.groups:
        raise Refused(403, f"this key is not of the group {method.group}")
    if method.counted:
        count_call_of(key, now)


def count_call_of(key: ApiKey, now: dt.datetime) -> None:
    """Count a call, by whatever API; Refused with 429 if the key has called too often."""
    most = installation.configuration().api.calls_per_minute
    _count("api-calls", key.pk, most, now)


def allow_public(sender: str, now: dt.datetime) -> None:
    """Hold an address without a key to the limit; Refused with 429, or 404 where none may call."""
    most = installation.configuration().api.public_per_minute
    if not most:
        raise Refused(404, "this is not open to calls without a key")
    digest = hashlib.sha256(sender.encode("utf-8", "surrogatepass")).digest()
    _count("public-calls", int.from_bytes(digest[:8], "big") % _SLOTS, most, now)


def _count(file: str, slot: int, most: int, now: dt.datetime) -> None:
    minute, second = divmod(int(now.timestamp()), 60)
    if count_call(installation.home().service / file, slot, minute) > most:
        wait = {"Retry-After": str(60 - second)}
        raise Refused(429, f"more than {most} calls in this minute", wait)


def _refuse_old(said: Signed, moment: str, now: dt.datetime) -> None:
    if not is_near(moment, now):
        raise Refused(401, "the time in X-Tocsin-Timestamp is not within 5 minutes of ours")
    digest = hashlib.sha256(said.signature.strip().lower().encode()).hexdigest()
    try:
        with transaction.atomic():
            SeenRequest.objects.create(digest=digest, seen_at=now)
    except IntegrityError:
        raise Refused(401, "this very request was made before") from None


def _forget(payload: Payload, now: dt.datetime) -> None:  # noqa: ARG001 - the form of all work
    SeenRequest.objects.filter(seen_at__lt=now - KEPT).delete()


FORGETTING = inner_only(_forget)
