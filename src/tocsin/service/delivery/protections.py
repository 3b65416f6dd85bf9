"""How the messages of a batch are protected: whose key there is, and what signs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.mail import EmailMessage
from pysequoia import PySigner

from tocsin.service.delivery.compose.message import language_of
from tocsin.service.delivery.models import Delivery
from tocsin.service.delivery.openpgp.notice import notice_of
from tocsin.service.delivery.openpgp.protection import (
    OVER,
    Asked,
    Unusable,
    asked,
    protected,
    signer,
)
from tocsin.service.subscribers.recipients.keys import Address, is_usable, keys_now


@dataclass(frozen=True, slots=True)
class Protections:
    """The keys of those to whom the batch goes, and what signs it; None if nothing does."""

    keys: dict[Address, Asked]
    signer: PySigner | None

    @classmethod
    def of(cls, deliveries: Sequence[Delivery], now: dt.datetime) -> Protections:
        """Ask for them, all at once. ConfigurationError if the service's key cannot be used."""
        found = keys_now({to for each in deliveries if (to := _address(each))}, now)
        keys = {
            address: asked(key.armour) if is_usable(key, now) else OVER
            for address, key in found.items()
        }
        return cls(keys, signer(now))

    def protected(self, message: EmailMessage, delivery: Delivery) -> EmailMessage:
        """The message as it may go out: for a key that is over, another one, without the data."""
        to = _address(delivery)
        key = self.keys.get(to) if to is not None else None
        try:
            return protected(message, key, self.signer)
        except Unusable:
            notice = notice_of(message, delivery.day, language_of(delivery))
            return protected(notice, None, self.signer)


def _address(delivery: Delivery) -> Address | None:
    """Whose key it is: also of the tester of a list that is redirected."""
    if delivery.list is None:
        return None
    return delivery.list.organisation_id, delivery.address
