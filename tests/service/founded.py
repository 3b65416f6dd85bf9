"""Subscribers made in one go, for tests that begin behind their request."""

from __future__ import annotations

import datetime as dt

from tests.service.desk import now

from tocsin.engine.nightly.subscribers import OrganisationKind
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
from tocsin.service.subscribers.values import FILTERS, NetworkKind, any_network


def founded(
    slug: str, *networks: str, country: str = "", registered: str = "", recipient: str = ""
) -> Organisation:
    """An organisation with proven networks, a list per kind and an admin `admin@SLUG.example.org`.

    A country among the networks makes it a national CERT. registered: the country by the registry.
    """
    values = [any_network(each) for each in networks]
    cert = any(each.kind is NetworkKind.COUNTRY for each in values)
    organisation = Organisation.objects.create(
        slug=slug,
        name=slug.title(),
        kind=(OrganisationKind.NATIONAL_CERT if cert else OrganisationKind.OWNER).value,
        country=country,
        mail_domains=[f"{slug}.example.org"],
        founded_at=now(),
    )
    address = f"admin@{slug}.example.org"
    Contact.objects.create(
        organisation=organisation,
        full_name=f"Ada {slug.title()}",
        address=address,
        role=ContactRole.ADMIN,
        state=ContactState.ACTIVE,
        account=User.objects.create_user(address),
        since=now(),
    )
    for value in values:
        network = Network.objects.create(
            organisation=organisation,
            **Network.columns_of(value),
            facts={"country": registered} if registered else {},
            valid_from=now(),
        )
        Proof.objects.create(
            network=network,
            method=ProofMethod.STAFF,
            made_at=now(),
            ends_at=now() + dt.timedelta(days=365),
        )
    for kind in dict.fromkeys(FILTERS[each.kind] for each in values):
        mailing_list = MailingList.objects.create(
            organisation=organisation,
            name=slug,
            filter=kind.value,
            mode=ListMode.LIVE,
            valid_from=now(),
        )
        if recipient:
            Recipient.objects.create(
                list=mailing_list,
                address=recipient,
                kind=RecipientKind.ROLE,
                state=RecipientState.ACTIVE,
                active_from=now(),
                since=now(),
            )
    return organisation


def admin_of(organisation: Organisation) -> User:
    """The account of its admin."""
    return User.objects.get(email=f"admin@{organisation.slug}.example.org")
