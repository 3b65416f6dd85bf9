"""Clients of the REST API, each with a key of its own."""

from __future__ import annotations

from collections.abc import Collection

from django.test import Client
from tests.service.desk import now

from tocsin.service import installation, keyring
from tocsin.service.api import keys
from tocsin.service.api.models import ApiKey
from tocsin.service.subscribers.models import Organisation

BOTH = (keys.REPORTS, keys.FINDINGS)


def client_of(
    organisation: Organisation,
    lists: Collection[int] | None = None,
    groups: Collection[str] = BOTH,
) -> Client:
    """Somebody with a new key of that organisation, for these lists or for all."""
    # Calls are counted there.
    installation.home().service.mkdir(exist_ok=True)
    number = organisation.api_keys.count() + 1
    key = ApiKey.objects.create(
        key_id=f"{organisation.slug}{number}",
        organisation=organisation,
        name=f"key {number} of {organisation.slug}",
        groups=sorted(groups),
        all_lists=lists is None,
        secret_number=keyring.newest(),
        made_by="admin@example.org",
        made_at=now(),
    )
    key.lists.set(lists or ())
    return client_with(key)


def client_with(key: ApiKey) -> Client:
    """Somebody with that key."""
    bearer = f"{key.key_id}.{keys.secret_of(key)}"
    return Client(headers={"Authorization": f"Bearer {bearer}"})
