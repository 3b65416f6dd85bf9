"""Who is let in: `Authorization: Bearer <id>.<secret>`, as often as keys may call."""

from __future__ import annotations

import datetime as dt
import hmac

from django.http import HttpRequest
from ninja.security import HttpBearer

from tocsin.service import clock, installation, keyring
from tocsin.service.api import keys
from tocsin.service.api.caller import Caller
from tocsin.service.api.checking import count_call_of
from tocsin.service.api.errors import Refused
from tocsin.service.api.models import ApiKey
from tocsin.service.api.senders import sender_of
from tocsin.service.rest.refusal import Refusal

_LONGEST = 200


class Bearer(HttpBearer):
    """Checks a key. counted: whether calls are limited; fetching reports is not."""

    def __init__(self, *, counted: bool = True) -> None:
        super().__init__()
        self._counted = counted

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """Whose key that is, None for nobody's; Refusal (429) if it has called too often."""
        if len(token) > _LONGEST or not token.isascii():
            return None
        sender = sender_of(
            request.META.get("REMOTE_ADDR", ""),
            request.headers.get("X-Forwarded-For", ""),
            installation.configuration().service.proxies,
        )
        now = clock.now()
        key = _key_of(token, sender, now)
        if key is None:
            return None
        keys.used(key, now)
        if self._counted:
            _count(key, now)
        return Caller(key, now)


def _key_of(token: str, sender: str, now: dt.datetime) -> ApiKey | None:
    """The key of `<id>.<secret>`, from that address; None for none, whatever the reason.

    It takes as long for an unknown id as for a wrong secret.
    """
    key_id, _, secret = token.partition(".")
    key = keys.key_of(key_id)
    number, turn = (key.secret_number, key.round) if key is not None else (keyring.newest(), 0)
    right = hmac.compare_digest(keys.derived(key_id[:64], number, turn).encode(), secret.encode())
    if key is None or not right or not keys.holds(key, now) or not keys.comes_from(key, sender):
        return None
    return key


def _count(key: ApiKey, now: dt.datetime) -> None:
    try:
        count_call_of(key, now)
    except Refused as refused:
        raise Refusal(
            refused.status,
            refused.what,
            where=key.name,
            todo="wait as many seconds as Retry-After says",
            headers=refused.headers,
        ) from None
