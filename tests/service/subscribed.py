"""An organisation that subscribes, made at once, for tests of what comes after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.service.on_file import (
    put_contact,
    put_list,
    put_network,
    put_organisation,
    put_recipient,
)

from tocsin.service.accounts.models import User
from tocsin.service.subscribers.models import (
    Contact,
    ContactRole,
    MailingList,
    Organisation,
    Recipient,
)
from tocsin.service.subscribers.values import FILTERS, any_network

LONG_AGO = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
LONG_AFTER = dt.datetime(2027, 11, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Subscribed:
    """An organisation with an admin `admin@...`, a member, and a list for each kind of network."""

    organisation: Organisation
    admin: Contact
    lists: dict[str, MailingList]

    @property
    def list(self) -> MailingList:
        """Its first list."""
        return next(iter(self.lists.values()))

    @property
    def account(self) -> User:
        """The admin's account."""
        assert self.admin.account is not None
        return self.admin.account

    def recipient(self, address: str, **fields: Any) -> Recipient:
        """A person who gets its first list."""
        return put_recipient(self.list, address, LONG_AGO, **fields)


def subscribed(
    slug: str = "alpha",
    networks: Sequence[str] = ("AS64496",),
    *,
    kind: str = "owner",
    domain: str = "example.org",
) -> Subscribed:
    """Make one, with proofs that hold."""
    organisation = put_organisation(slug, domain, LONG_AGO, kind=kind)
    admin = put_contact(organisation, "Ada Admin", f"admin@{domain}", ContactRole.ADMIN, LONG_AGO)
    lists: dict[str, MailingList] = {}
    for value in map(any_network, networks):
        put_network(organisation, value, LONG_AGO)
        filter_ = FILTERS[value.kind]
        if filter_.value not in lists:
            lists[filter_.value] = put_list(organisation, filter_, LONG_AGO)
    return Subscribed(organisation, admin, lists)


def member_of(each: Subscribed, address: str = "member@example.org") -> User:
    """Somebody who may see the organisation and change nothing."""
    member = put_contact(each.organisation, "Max Member", address, ContactRole.MEMBER, LONG_AGO)
    assert member.account is not None
    return member.account
