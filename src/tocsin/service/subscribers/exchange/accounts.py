"""Accounts of the people whom a file names, found or made many at a time."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.service.accounts.models import User
from tocsin.service.subscribers.in_batches import in_batches

_AT_ONCE = 500


def accounts_of(addresses: Iterable[str]) -> dict[str, User]:
    """An account for each address; those that are not there are made, without a password."""
    wanted = dict.fromkeys(addresses)
    known: dict[str, User] = {}
    for part in in_batches(wanted, _AT_ONCE):
        known.update({each.email: each for each in User.objects.filter(email__in=part)})
    missing = [each for each in wanted if each not in known]
    made = User.objects.create_users(missing)
    return {**known, **dict(zip(missing, made, strict=True))}
