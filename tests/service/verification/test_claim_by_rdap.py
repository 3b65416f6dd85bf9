"""The whole way of a claim with real servers: registry and DNS on this machine, asked for real."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.test import Client
from tests.service.desk import Desk

from tocsin.configuration.service import ProofRules
from tocsin.service import installation
from tocsin.service.fakes.dns_server import FakeDns, fake_dns
from tocsin.service.fakes.rdap_server import (
    FakeRdap,
    FakeRegister,
    autnum,
    entity,
    fake_rdap,
    ip_network,
    remarks,
)
from tocsin.service.outside import Outside, instead
from tocsin.service.subscribers.models import Claim, ClaimState, ProofMethod, Request, RequestState
from tocsin.service.verification.dns_resolver import resolver_of
from tocsin.service.verification.other_proofs import text_for
from tocsin.service.verification.rdap import registry_of

HOLDER = [
    entity(
        "ORG-EX1-TEST",
        "Example Access Networks",
        ["registrant"],
        within=[entity("AB1-TEST", "Abuse Desk", ["abuse"], "abuse@example.org")],
    )
]
SISTER = [
    entity(
        "ORG-EX2-TEST",
        "Example Access Networks",
        ["registrant"],
        within=[entity("AB1-TEST", "Abuse Desk", ["abuse"], "abuse@example.org")],
    )
]
"""Of the same name under another id: one proof does not cover both."""

MAIL = {("example.org", "MX"): ["10 mail.example.org."]}

FORM = {
    "full_name": "Ada Example",
    "organisation": "Example Access Networks",
    "address": "ada@example.org",
    "phone": "+1 202 555 0100",
    "networks": "AS64496\n192.0.2.0/24",
    "recipients": "noc@example.org",
    "contacts": "",
    "note": "",
}


@pytest.fixture
def servers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeRdap, FakeDns]]:
    """Servers, and an installation whose configuration names them."""
    register = FakeRegister([ip_network("EX-NET", "192.0.2.0/24", HOLDER), autnum(64496, SISTER)])
    with fake_rdap(register) as rdap, fake_dns(dict(MAIL)) as dns:
        rules = ProofRules(
            documentation_allowed=True,
            loopback_allowed=True,
            rdap=rdap.places,
            resolver=dns.place,
        )
        whole = installation.configuration().model_copy(update={"proof": rules})
        monkeypatch.setattr(installation, "configuration", lambda: whole)
        with instead(Outside(registry_of(whole), resolver_of(whole))):
            yield rdap, dns


def asked(desk: Desk) -> tuple[Client, Request, dict[str, Claim]]:
    """A browser that follows its request, confirmed and looked up."""
    browser = Client()
    browser.post("/ask", FORM)
    browser.post(desk.link_to("ada@example.org"), {"answer": "confirm"})
    desk.work()
    request = Request.objects.get()
    return browser, request, {str(each.network): each for each in request.claims.all()}


def test_networks_are_proven_by_contact_and_by_dns(
    desk: Desk, servers: tuple[FakeRdap, FakeDns]
) -> None:
    _, dns = servers
    browser, request, claims = asked(desk)
    assert {each.state for each in claims.values()} == {ClaimState.ASKED}
    assert claims["192.0.2.0/24"].facts["holder_id"] == "ORG-EX1-TEST"

    number = next(
        each for each in desk.letters_to("abuse@example.org") if "AS64496" in each.subject
    )
    link = str(number.body).split("http://testserver")[1].split()[0]
    Client().post(link, {"answer": "approve"})

    claim = claims["192.0.2.0/24"]
    text = text_for(claim)
    assert text in browser.get(f"/requests/{request.pk}").content.decode()
    dns.records[("_tocsin.2.0.192.in-addr.arpa", "TXT")] = [f'"{text}"']
    browser.post(f"/requests/{request.pk}/networks/{claim.pk}/check")
    desk.work()
    methods = set(request.claims.values_list("state", "method"))
    assert methods == {
        # The abuse mailbox alone is no proof of an AS number.
        (ClaimState.STAFF, ProofMethod.REGISTRY_MAIL),
        (ClaimState.PROVEN, ProofMethod.DNS),
    }
    request.refresh_from_db()
    assert request.state == RequestState.REVIEW


def test_a_text_in_the_object_of_the_registry_is_found_at_the_next_look(
    desk: Desk, servers: tuple[FakeRdap, FakeDns]
) -> None:
    rdap, _ = servers
    browser, request, _ = asked(desk)
    page = browser.get(f"/requests/{request.pk}").content.decode()
    texts = [word.partition("<")[0] for word in page.split(">") if "tocsin-proof=" in word]
    assert len(texts) == 2
    for each in rdap.register.objects:
        each.update(remarks("Example Access Networks", *texts))
    desk.pass_time(dt.timedelta(hours=6))
    desk.work()
    assert {each.method for each in request.claims.all()} == {ProofMethod.REMARKS}


@pytest.mark.parametrize("trouble", ["dead", "large", "broken", "self", "busy", "lying"])
def test_a_registry_in_trouble_leaves_the_request_pending_until_it_answers(
    desk: Desk, servers: tuple[FakeRdap, FakeDns], trouble: str
) -> None:
    rdap, _ = servers
    dials = rdap.web.dials
    match trouble:
        case "dead":
            dials.dead = "hangs up"
        case "self":
            dials.redirect = "self"
        case "busy":
            dials.busy = 60
        case "lying":
            other = [
                ip_network("OTHER", "198.51.100.0/24", HOLDER),
                autnum(64499, HOLDER),
            ]
            rdap.register.objects += other
            rdap.register.lying = True
        case _:
            dials.lie = trouble  # type: ignore[assignment]
    browser, request, claims = asked(desk)
    assert {each.state for each in claims.values()} == {ClaimState.PENDING}
    assert (
        b"registry does not answer; tried again" in browser.get(f"/requests/{request.pk}").content
    )
    dials.dead, dials.redirect, dials.busy, dials.lie = "", "", 0, ""
    rdap.register.lying = False
    desk.pass_time(dt.timedelta(minutes=3))
    desk.work()
    assert {each.state for each in request.claims.all()} == {ClaimState.ASKED}
