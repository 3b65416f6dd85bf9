"""Requests that wait in the demonstration: for the staff, for an answer, for a proof."""

from __future__ import annotations

from tocsin.service import clock
from tocsin.service.fakes.registry import FakeRegistry, FakeResolver
from tocsin.service.outside import Outside, instead
from tocsin.service.subscribers.models import Claim, RequestChannel
from tocsin.service.subscribers.requests.asking import Arrival, confirm_request, open_request
from tocsin.service.subscribers.values import NetworkValue, any_network
from tocsin.service.subscribers.wanted import Wanted
from tocsin.service.verification.answers import approve
from tocsin.service.verification.facts import RegistryContact, RegistryFacts
from tocsin.service.work.worker import work_off
from tocsin.service.works import WORKS

_HOSPITAL = Wanted(
    full_name="Grace Example",
    organisation="Hospital of Betatown",
    networks=(any_network("198.51.100.64/27"), any_network("2001:db8:900::/48")),
    recipients=("security@hospital.example.com", "grace@hospital.example.com"),
    phone="+12025550101",
)
_COLLEGE = Wanted(
    full_name="Linus Example",
    organisation="Example College",
    networks=(any_network("AS64509"),),
    recipients=("it@college.example.com",),
    phone="+12025550102",
)


def ask_for_more() -> None:
    """Make them, and let the letters be written."""
    registry = FakeRegistry(
        {
            network: _facts(wanted.organisation, network, domain)
            for wanted, domain in ((_HOSPITAL, "hospital"), (_COLLEGE, "college"))
            for network in (*wanted.networks, any_network(f"{domain}.example.com"))
        }
    )
    with instead(Outside(registry, FakeResolver())):
        for wanted in (_HOSPITAL, _COLLEGE):
            sender = wanted.recipients[-1]
            now = clock.now()
            request = open_request(wanted, Arrival(RequestChannel.WEB, sender), now)
            confirm_request(request, now)
        open_request(
            Wanted(full_name="Tim Example", organisation="Museum of Gammaville"),
            Arrival(RequestChannel.WEB, "tim@museum.example.com"),
            clock.now(),
        )
        work_off(WORKS, clock.now)
        hospital = Claim.objects.filter(request__organisation_name=_HOSPITAL.organisation)
        # One proof covers what else the same holder has.
        for claim in (each for each in hospital if each.asked_of):
            approve(claim, claim.round, claim.asked_of[0], clock.now())
        work_off(WORKS, clock.now)


def _facts(holder: str, network: NetworkValue, domain: str) -> RegistryFacts:
    return RegistryFacts(
        registry="ripencc",
        handle=str(network),
        name=holder.upper().replace(" ", "-"),
        holder=holder,
        holder_id=f"ORG-{domain.upper()}",
        range=str(network),
        country="XA",
        made="2014-05-13",
        changed="2025-11-01",
        contacts=(
            RegistryContact("technical", f"noc@{domain}.example.com", "Network operations"),
            RegistryContact("abuse", f"abuse@{domain}.example.com", "Abuse desk"),
        ),
        asked="the registry of the demonstration",
    )
