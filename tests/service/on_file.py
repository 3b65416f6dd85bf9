"""Organisations, their people, networks and lists, put on file at once: what tests begin with.

`feeds.py`, `founded.py` and `subscribed.py` make of it what their tests need.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from tocsin.engine.nightly.subscribers import FilterKind
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
from tocsin.service.subscribers.values import NetworkValue

YEAR = dt.timedelta(days=365)


def put_organisation(slug: str, domain: str, at: dt.datetime, **fields: Any) -> Organisation:
    """An active one, whose own mail domain that is; named as its slug unless `name` is given."""
    said = {"name": slug.title(), **fields}
    return Organisation.objects.create(slug=slug, mail_domains=[domain], founded_at=at, **said)


def put_contact(
    organisation: Organisation, name: str, address: str, role: ContactRole, at: dt.datetime
) -> Contact:
    """An active contact that can sign in; the account of an address is one."""
    account = User.objects.filter(email=address).first() or User.objects.create_user(address)
    return Contact.objects.create(
        organisation=organisation,
        full_name=name,
        address=address,
        role=role,
        state=ContactState.ACTIVE,
        account=account,
        since=at,
    )


def put_network(
    organisation: Organisation,
    value: NetworkValue,
    at: dt.datetime,
    method: ProofMethod = ProofMethod.STAFF,
    **fields: Any,
) -> Network:
    """An active network with a proof that holds for a year."""
    made = Network.objects.create(
        organisation=organisation, valid_from=at, **Network.columns_of(value), **fields
    )
    Proof.objects.create(network=made, method=method, made_at=at, ends_at=at + YEAR)
    return made


def put_list(
    organisation: Organisation, kind: FilterKind, at: dt.datetime, *, name: str = ""
) -> MailingList:
    """A live list of that filter, named as the organisation unless `name` is given."""
    return MailingList.objects.create(
        organisation=organisation,
        name=name or organisation.slug,
        filter=kind.value,
        mode=ListMode.LIVE,
        valid_from=at,
    )


def put_recipient(each: MailingList, address: str, at: dt.datetime, **fields: Any) -> Recipient:
    """A person who gets a list, and has confirmed it; unless the fields say otherwise."""
    said = {
        "kind": RecipientKind.PERSON,
        "state": RecipientState.ACTIVE,
        "active_from": at,
        "confirmed_at": at,
        "since": at,
        **fields,
    }
    return Recipient.objects.create(list=each, address=address, **said)
