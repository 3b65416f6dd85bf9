"""The colour of an evidence card, case by case, and that its reasons tell the facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.service.proven import ORGANISATION, contact, facts

from tocsin.configuration.service import ProofRules
from tocsin.service.subscribers.models import ClaimState, ProofMethod, RequestChannel
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.card import Card, Colour, Reason, Seen, card, worst
from tocsin.service.verification.domain_facts import DomainFacts, is_parking

TECH, ABUSE = "tech@example.org", "abuse@example.org"
FACTS = facts(
    contact("technical", TECH), contact("abuse", ABUSE), range="192.0.2.0/24", made="2015-03-01"
)
DOMAIN = DomainFacts(
    "example.org", has_mail=True, name_servers=("ns1.example.org",), made="2003-01-02"
)
PROVEN = Seen(
    network=any_network("192.0.2.0/24"),
    state=ClaimState.PROVEN,
    organisation=ORGANISATION,
    requester="ada@example.org",
    facts=FACTS,
    method=ProofMethod.REGISTRY_MAIL,
    proven_by=TECH,
    domain=DOMAIN,
)


def made(**changes: Any) -> Card:
    return card(replace(PROVEN, **changes), ProofRules())


def test_a_technical_contact_of_the_holders_own_old_domain_is_green() -> None:
    found = made()
    assert found.colour is Colour.GREEN
    assert [each.text for each in found.reasons] == [
        "Proven by tech@example.org, a contact that the registry names.",
        "The contact's domain example.org goes with the holder's name.",
        "The contact's domain example.org takes mail.",
        "The contact's domain is older (2003-01-02) than the object (2015-03-01).",
        "The registry names “Example Access Networks” as the holder of 192.0.2.0/24.",
    ]


@pytest.mark.parametrize(
    ("changes", "colour", "words"),
    [
        ({"domain": replace(DOMAIN, has_mail=False)}, "red", "takes no mail"),
        ({"domain": replace(DOMAIN, name_servers=("ns1.sedoparking.com",))}, "red", "is parked"),
        ({"domain": replace(DOMAIN, made="2020-05-06")}, "red", "registered on 2020-05-06, after"),
        ({"domain": replace(DOMAIN, made="")}, "amber", "could not be checked"),
        ({"facts": replace(FACTS, made="")}, "amber", "registry's object was registered could not"),
        ({"domain": None}, "amber", "could not be checked"),
        ({"proven_by": ABUSE}, "amber", "Only the abuse mailbox abuse@example.org agreed, and"),
        ({"proven_by": ""}, "amber", "not known by which contact"),
        ({"state": ClaimState.NEW}, "amber", "Not looked up yet"),
        ({"state": ClaimState.PENDING}, "amber", "could not be checked"),
        ({"state": ClaimState.ASKED}, "amber", "No contact of the registry has answered"),
        ({"state": ClaimState.STAFF, "proven_by": ""}, "amber", "staff decide"),
        ({"state": ClaimState.REFUSED, "refusal": "No."}, "red", "Refused: No."),
        (
            {"organisation": "Someone Else", "requester": "x@mail.test"},
            "red",
            "another organisation",
        ),
        ({"organisation": "Someone Else"}, "amber", "goes with the holder"),
        ({"facts": replace(FACTS, range="192.0.2.0/25")}, "red", "covers 192.0.2.0/25 only"),
        ({"facts": replace(FACTS, holder="")}, "amber", "names no holder"),
        ({"wrong_codes": 1}, "amber", "a wrong code once"),
        ({"wrong_codes": 3}, "red", "a wrong code 3 times"),
        ({"channel": RequestChannel.MAIL}, "amber", "DMARC of the mail that asked: could not"),
        ({"channel": RequestChannel.MAIL, "mail": {"dmarc": "pass"}}, "green", "passes DMARC"),
        ({"channel": RequestChannel.MAIL, "mail": {"dmarc": "fail"}}, "red", "fails DMARC"),
        ({"facts": replace(FACTS, origins=(64500,))}, "green", "AS64500, which is not claimed"),
        (
            {"facts": replace(FACTS, origins=(64500,)), "asns": frozenset({64496})},
            "amber",
            "AS64500, which is not claimed",
        ),
        (
            {"facts": replace(FACTS, origins=(64496,)), "asns": frozenset({64496})},
            "green",
            "announced by AS64496.",
        ),
        ({"method": ProofMethod.DNS, "proven_by": "", "domain": None}, "green", "TXT record"),
        ({"method": ProofMethod.IMPORTED, "proven_by": "", "domain": None}, "amber", "imported"),
        (
            {"method": ProofMethod.SAME_HOLDER, "proven_by": "", "same_holder_as": "AS64496"},
            "green",
            "that of AS64496, which was proven",
        ),
    ],
)
def test_a_card_has_the_colour_of_its_worst_reason(
    changes: dict[str, Any], colour: str, words: str
) -> None:
    found = made(**changes)
    assert found.colour == colour
    assert any(words in each.text for each in found.reasons if each.colour == colour)


@pytest.mark.parametrize(
    ("network", "colour", "words"),
    [
        ("198.51.0.0/19", "amber", "no proof of a prefix broader than a /20"),
        ("198.51.0.0/20", "amber", "Only the abuse mailbox abuse@example.org agreed, and"),
        ("2001:db8::/35", "amber", "no proof of a prefix broader than a /20"),
        ("2001:db8::/36", "amber", "Only the abuse mailbox abuse@example.org agreed, and"),
        ("XX", "amber", "an AS number or a country"),
    ],
)
def test_an_abuse_mailbox_alone_never_makes_green(network: str, colour: str, words: str) -> None:
    value = any_network(network)
    found = made(network=value, proven_by=ABUSE, facts=replace(FACTS, range=network))
    assert found.colour == colour
    assert any(words in each.text for each in found.reasons)


@given(st.lists(st.sampled_from(list(Colour)), min_size=1))
def test_the_worst_colour_counts_and_comes_first(colours: list[Colour]) -> None:
    found = worst(Reason(each, "x") for each in colours)
    naive = next(each for each in ("red", "amber", "green") if each in colours)
    assert found.colour == found.reasons[0].colour == naive
    assert len(found.reasons) == len(colours)


@pytest.mark.parametrize(
    ("server", "parked"),
    [
        ("ns1.sedoparking.com", True),
        ("NS2.Bodis.com.", True),
        ("ns1.parkingcrew.net", True),
        ("ns.example.org", False),
        ("ns1.nationalparking-authority.org", False),
        ("ns1.notbodis.com", False),
    ],
)
def test_name_servers_of_parked_domains_are_known(server: str, *, parked: bool) -> None:
    assert is_parking(server) is parked
