"""Requests and networks for tests of what is proven, made as the service makes them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from tests.service.desk import Desk, now

from tocsin.service.subscribers.models import (
    Claim,
    Contact,
    ContactRole,
    ContactState,
    Network,
    Organisation,
    Proof,
    ProofMethod,
    Request,
    RequestChannel,
    RequestKind,
)
from tocsin.service.subscribers.requests.asking import Arrival, confirm_request, open_request
from tocsin.service.subscribers.values import any_network
from tocsin.service.subscribers.wanted import Wanted
from tocsin.service.verification.facts import RegistryContact, RegistryFacts, facts_to_json

ORGANISATION = "Example Access Networks"
REQUESTER = "ada@example.org"


def contact(role: str, address: str) -> RegistryContact:
    return RegistryContact(role, address)


def facts(
    *contacts: RegistryContact,
    holder: str = ORGANISATION,
    holder_id: str = "ORG-EX1",
    made: str = "2015-03-01",
    handle: str = "EX-NET",
    registry: str = "ripencc",
    range: str = "",  # noqa: A002 - the name of the field
) -> RegistryFacts:
    return RegistryFacts(
        registry=registry,
        handle=handle,
        holder=holder,
        holder_id=holder_id,
        made=made,
        contacts=contacts,
        range=range,
    )


def registered(desk: Desk, network: str, found: RegistryFacts) -> None:
    """Let the registry know a network."""
    value = any_network(network)
    desk.registry.facts[value] = replace(found, range=found.range or str(value))


def domain_registered(desk: Desk, domain: str, day: str) -> None:
    desk.registry.facts[any_network(domain)] = RegistryFacts(handle=domain, made=day)


def asked(
    desk: Desk,
    *networks: str,
    organisation: Organisation | None = None,
    both: bool | None = None,
    requester: str = REQUESTER,
) -> Request:
    """A request that was confirmed, its networks looked up."""
    wanted = Wanted(
        full_name="Ada Example",
        organisation=ORGANISATION,
        networks=tuple(any_network(each) for each in networks),
        recipients=("noc@example.org",),
        phone="+12025550100",
    )
    kind = RequestKind.CHANGE if organisation else RequestKind.SUBSCRIBE
    arrival = Arrival(RequestChannel.WEB, requester)
    request = open_request(wanted, arrival, now(), kind=kind, organisation=organisation)
    assert confirm_request(request, now(), both=both)
    desk.work()
    request.refresh_from_db()
    return request


def claim_of(request: Request, network: str) -> Claim:
    value = any_network(network)
    return request.claims.select_related("request").get(kind=value.kind, value=value.value)


def code_for(desk: Desk, address: str, network: str) -> str:
    """The code of the last letter about a network to an address."""
    letters = [each for each in desk.letters_to(address) if network in str(each.subject)]
    found = re.search(r"nobody else:\s+([A-Z0-9]{8})", str(letters[-1].body))
    assert found
    return found[1]


def organisation_with_admin(name: str = ORGANISATION, admin: str = REQUESTER) -> Organisation:
    organisation = Organisation.objects.create(
        slug=name.lower().replace(" ", "-"),
        name=name,
        founded_at=now(),
        mail_domains=[admin.rpartition("@")[2]],
    )
    Contact.objects.create(
        organisation=organisation,
        full_name="Ada Example",
        address=admin,
        role=ContactRole.ADMIN,
        state=ContactState.ACTIVE,
        since=now(),
    )
    return organisation


def held(
    organisation: Organisation,
    network: str,
    found: RegistryFacts,
    *,
    days: float = 365,
    method: ProofMethod = ProofMethod.REGISTRY_MAIL,
) -> Network:
    """A network of an organisation, looked up now, with a proof that holds for so many days."""
    made = Network.objects.create(
        organisation=organisation,
        **Network.columns_of(any_network(network)),
        holder=found.holder,
        holder_id=found.holder_id,
        registry=found.registry,
        facts=facts_to_json(replace(found, range=found.range or network)),
        looked_up_at=now(),
        valid_from=now(),
    )
    end = now() + dt.timedelta(days=days)
    Proof.objects.create(network=made, method=method, made_at=now(), ends_at=end)
    return made
