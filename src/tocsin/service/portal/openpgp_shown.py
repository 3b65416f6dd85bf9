"""OpenPGP keys of recipients as pages show them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.service.subscribers.models import Organisation, RecipientKey
from tocsin.service.subscribers.recipients.keys import HELD, is_usable


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key, and how it stands: waits for its time, can be used, or cannot."""

    key: RecipientKey
    waits: bool
    usable: bool

    @classmethod
    def of(cls, key: RecipientKey, now: dt.datetime) -> ShownKey:
        """At that moment."""
        return cls(key, key.active_from > now, is_usable(key, now))


KeysOfAddresses = Mapping[str, Sequence[ShownKey]]


def keys_on_page(organisation: Organisation, now: dt.datetime) -> KeysOfAddresses:
    """The keys on file by address: the one that holds, and one that waits."""
    found: dict[str, list[ShownKey]] = {}
    rows = RecipientKey.objects.filter(organisation=organisation, state__in=HELD)
    for each in rows.order_by("active_from", "pk"):
        shown = ShownKey.of(each, now)
        earlier = found.setdefault(each.address, [])
        if not shown.waits:
            # It has taken the place of those before it.
            earlier.clear()
        earlier.append(shown)
    return found
