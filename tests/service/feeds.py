"""An organisation with a feed, ready made: what tests of changes begin with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.test import Client
from tests.service.desk import Desk, links_in
from tests.service.on_file import (
    put_contact,
    put_list,
    put_network,
    put_organisation,
    put_recipient,
)

from tocsin.service import clock
from tocsin.service.subscribers.changes.changing import open_change
from tocsin.service.subscribers.changes.value import WantedChange
from tocsin.service.subscribers.models import (
    Contact,
    ContactRole,
    MailingList,
    Network,
    Organisation,
    ProofMethod,
    RequestChannel,
)
from tocsin.service.subscribers.models import Request as Asked
from tocsin.service.subscribers.requests.asking import Arrival
from tocsin.service.subscribers.values import FILTERS, NetworkKind, any_network
from tocsin.service.verification.facts import RegistryContact, RegistryFacts


@dataclass(slots=True)
class Feed:
    """An organisation and its people by their first names."""

    organisation: Organisation
    people: dict[str, Contact]

    def page(self, rest: str = "") -> str:
        """The path of one of its pages."""
        return f"/organisations/{self.organisation.slug}/{rest}"

    def browser(self, desk: Desk, name: str) -> Client:
        """A browser in which one of its people is signed in."""
        account = self.people[name].account
        assert account is not None
        return desk.signed_in(account)

    def networks(self) -> set[str]:
        """Those of which is reported."""
        return {str(each.network) for each in self.organisation.networks.filter(state="active")}


def feed(
    *networks: str,
    admins: tuple[str, ...] = ("ada", "ben"),
    members: tuple[str, ...] = (),
    recipients: tuple[str, ...] = ("noc@example.org",),
    slug: str = "example-isp",
    domain: str = "example.org",
) -> Feed:
    """An active organisation with proven networks, a list per kind, contacts, recipients."""
    now = clock.now()
    organisation = put_organisation(slug, domain, now, name=slug.replace("-", " ").title())
    people = {
        name: contact(organisation, name, f"{name}@{domain}", role)
        for names, role in ((admins, ContactRole.ADMIN), (members, ContactRole.MEMBER))
        for name in names
    }
    for each in networks:
        network(organisation, each, now)
    for kind in dict.fromkeys(any_network(each).kind for each in networks):
        mailing_list(organisation, kind, recipients, now)
    return Feed(organisation, people)


def contact(organisation: Organisation, name: str, address: str, role: ContactRole) -> Contact:
    """An active contact that can sign in."""
    return put_contact(organisation, f"{name.title()} Example", address, role, clock.now())


def network(organisation: Organisation, said: str, now: dt.datetime) -> Network:
    """An active network with a proof that holds."""
    return put_network(organisation, any_network(said), now, ProofMethod.REGISTRY_MAIL)


def mailing_list(
    organisation: Organisation, kind: NetworkKind, recipients: tuple[str, ...], now: dt.datetime
) -> MailingList:
    """A live list with recipients."""
    made = put_list(organisation, FILTERS[kind], now)
    for address in recipients:
        put_recipient(made, address, now)
    return made


def registered(desk: Desk, *networks: str, holder: str = "Example Isp") -> None:
    """Let the fake registry name an abuse contact for networks."""
    for each in networks:
        desk.registry.facts[any_network(each)] = RegistryFacts(
            registry="ripencc",
            handle=each,
            holder=holder,
            holder_id="ORG-EX1",
            contacts=(RegistryContact("technical", "abuse@example.org"),),
        )


REMOVAL = WantedChange(remove=(any_network("AS64497"),))
"""A change that takes a network away."""


def mail(address: str) -> Arrival:
    """A mail with the best of signatures."""
    return Arrival(RequestChannel.MAIL, address, evidence={"dkim": "pass", "dmarc": "pass"})


def draft(isp: Feed, change: WantedChange = REMOVAL, who: str = "ada") -> Asked:
    """What a mail in the name of one of its people becomes."""
    return open_change(isp.people[who], change, mail(f"{who}@example.org"), clock.now())


def told_link(desk: Desk, address: str) -> str:
    """The last link by which somebody can say that a change was not them."""
    told = [each for each in desk.letters_to(address) if "has been changed" in each.subject]
    return links_in(told[-1])[-1]
