"""Subscribers made in one go, for tests that begin behind their request."""

from __future__ import annotations

from tests.service.desk import now
from tests.service.on_file import (
    put_contact,
    put_list,
    put_network,
    put_organisation,
    put_recipient,
)

from tocsin.engine.nightly.subscribers import OrganisationKind
from tocsin.service.accounts.models import User
from tocsin.service.subscribers.models import ContactRole, Organisation, RecipientKind
from tocsin.service.subscribers.values import FILTERS, NetworkKind, any_network


def founded(
    slug: str, *networks: str, country: str = "", registered: str = "", recipient: str = ""
) -> Organisation:
    """An organisation with proven networks, a list per kind and an admin `admin@SLUG.example.org`.

    A country among the networks makes it a national CERT. registered: the country by the registry.
    """
    values = [any_network(each) for each in networks]
    cert = any(each.kind is NetworkKind.COUNTRY for each in values)
    kind = (OrganisationKind.NATIONAL_CERT if cert else OrganisationKind.OWNER).value
    domain = f"{slug}.example.org"
    organisation = put_organisation(slug, domain, now(), kind=kind, country=country)
    name, address = f"Ada {slug.title()}", f"admin@{domain}"
    put_contact(organisation, name, address, ContactRole.ADMIN, now())
    for value in values:
        put_network(organisation, value, now(), facts={"country": registered} if registered else {})
    for wanted in dict.fromkeys(FILTERS[each.kind] for each in values):
        made = put_list(organisation, wanted, now())
        if recipient:
            put_recipient(made, recipient, now(), kind=RecipientKind.ROLE, confirmed_at=None)
    return organisation


def admin_of(organisation: Organisation) -> User:
    """The account of its admin."""
    return User.objects.get(email=f"admin@{organisation.slug}.example.org")
