"""An organisation that subscribes, made at once, for tests of what comes after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.service.accounts.models import User
from tocsin.service.subscribers.models import (
    Contact,
    ContactRole,
    ContactState,
    ListMode,
    MailingList,
    Network,
    Organisation,
    Proof,
    ProofMethod,
    Recipient,
    RecipientKind,
    RecipientState,
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

    def recipient(self, address: str, **fields: object) -> Recipient:
        """A person who gets its first list."""
        defaults = {
            "kind": RecipientKind.PERSON,
            "state": RecipientState.ACTIVE,
            "active_from": LONG_AGO,
            "confirmed_at": LONG_AGO,
            "since": LONG_AGO,
        }
        return Recipient.objects.create(list=self.list, address=address, **{**defaults, **fields})


def subscribed(
    slug: str = "alpha",
    networks: Sequence[str] = ("AS64496",),
    *,
    kind: str = "owner",
    domain: str = "example.org",
) -> Subscribed:
    """Make one, with proofs that hold."""
    organisation = Organisation.objects.create(
        slug=slug,
        name=slug.title(),
        kind=kind,
        mail_domains=[domain],
        founded_at=LONG_AGO,
    )
    address = f"admin@{domain}"
    account = User.objects.filter(email=address).first() or User.objects.create_user(address)
    admin = Contact.objects.create(
        organisation=organisation,
        full_name="Ada Admin",
        address=address,
        role=ContactRole.ADMIN,
        state=ContactState.ACTIVE,
        account=account,
        since=LONG_AGO,
    )
    lists = {}
    for each in networks:
        value = any_network(each)
        network = Network.objects.create(
            organisation=organisation, valid_from=LONG_AGO, **Network.columns_of(value)
        )
        Proof.objects.create(
            network=network, method=ProofMethod.STAFF, made_at=LONG_AGO, ends_at=LONG_AFTER
        )
        filter_ = FILTERS[value.kind].value
        lists[filter_], _ = MailingList.objects.get_or_create(
            organisation=organisation,
            name=slug,
            filter=filter_,
            defaults={"mode": ListMode.LIVE, "valid_from": LONG_AGO},
        )
    return Subscribed(organisation, admin, lists)


def member_of(each: Subscribed, address: str = "member@example.org") -> User:
    """Somebody who may see the organisation and change nothing."""
    account = User.objects.create_user(address)
    Contact.objects.create(
        organisation=each.organisation,
        full_name="Max Member",
        address=address,
        role=ContactRole.MEMBER,
        state=ContactState.ACTIVE,
        account=account,
        since=LONG_AGO,
    )
    return account
