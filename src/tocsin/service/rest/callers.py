"""Who calls: an organisation's key, and the lists that it opens."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from tocsin.service import keyring
from tocsin.service.api import keys
from tocsin.service.api.models import ApiKey
from tocsin.service.delivery.links import Holder
from tocsin.service.delivery.standing import is_valid
from tocsin.service.subscribers.models import MailingList, Organisation


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that was checked. lists: numbers of those that it opens, None for all.

    key: what it is called, for the audit; no secret. address: of whoever made it; letters about
    what is said with it go there. holder: as who it fetches reports (see `fetches`).
    """

    organisation: Organisation
    lists: frozenset[int] | None
    groups: frozenset[str]
    key: str
    address: str
    holder: str

    def mailing_lists(self, now: dt.datetime) -> dict[int, MailingList]:
        """By number, the lists that it opens and that are valid now."""
        found = {}
        for each in self.organisation.lists.order_by("pk"):
            each.organisation = self.organisation
            opens = self.lists is None or each.pk in self.lists
            if opens and is_valid(each, now):
                found[each.pk] = each
        return found


class Callers(Protocol):
    """Finds out who has a key."""

    def __call__(self, bearer: str, sender: str, now: dt.datetime, /) -> Caller | None:
        """Whose `<id>.<secret>` that is, from that address; None for nobody's, whatever the reason.

        It takes as long for an unknown id as for a wrong secret.
        """


def _of_key(bearer: str, sender: str, now: dt.datetime) -> Caller | None:
    key_id, _, secret = bearer.partition(".")
    rows = ApiKey.objects.select_related("organisation").prefetch_related("lists")
    key = rows.filter(key_id=key_id[:64]).first()
    number, turn = (key.secret_number, key.round) if key is not None else (keyring.newest(), 0)
    right = hmac.compare_digest(keys.derived(key_id[:64], number, turn).encode(), secret.encode())
    if key is None or not right or not keys.holds(key, now) or not keys.comes_from(key, sender):
        return None
    keys.used(key, now)
    return Caller(
        organisation=key.organisation,
        lists=None if key.all_lists else frozenset(each.pk for each in key.lists.all()),
        groups=frozenset(key.groups),
        key=key.name,
        address=key.made_by,
        holder=Holder.of_key(key.pk).name,
    )


_put_in_place: list[Callers] = []


def callers() -> Callers:
    """Those in use now."""
    if _put_in_place:
        return _put_in_place[-1]
    return _of_key


@contextmanager
def instead(others: Callers) -> Iterator[None]:
    """Use others for a while."""
    _put_in_place.append(others)
    try:
        yield
    finally:
        _put_in_place.pop()
