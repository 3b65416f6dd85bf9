"""How networks are proven: by whom, by what, and what a proof is worth for others."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from tests.service.desk import Desk, now
from tests.service.proven import (
    ORGANISATION,
    REQUESTER,
    asked,
    claim_of,
    code_for,
    contact,
    domain_registered,
    facts,
    held,
    organisation_with_admin,
    registered,
)

from tocsin.configuration.service import MailPlace
from tocsin.service import installation
from tocsin.service.audit.models import AuditLine
from tocsin.service.letters.models import Letter
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Network,
    NetworkState,
    ProofMethod,
    RequestState,
)
from tocsin.service.subscribers.requests import deciding
from tocsin.service.verification import answers
from tocsin.service.verification.card import Colour
from tocsin.service.verification.cards_of_request import cards_of
from tocsin.service.verification.claims import new_code, try_code
from tocsin.service.work.queue import enqueue

TECH = contact("technical", "tech@example.org")
ABUSE = contact("abuse", "abuse@example.org")
STAFF_ADDRESS = "staff@tocsin.example.org"


@pytest.fixture
def staff_mail(monkeypatch: pytest.MonkeyPatch) -> str:
    configuration = installation.configuration()
    changed = configuration.model_copy(update={"mail": MailPlace(staff=STAFF_ADDRESS)})
    monkeypatch.setattr("django.conf.settings.TOCSIN_CONFIGURATION", changed, raising=False)
    return STAFF_ADDRESS


def test_a_green_card_needs_a_contact_whose_domain_was_looked_at(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    domain_registered(desk, "example.org", "2003-01-02")
    request = asked(desk, "192.0.2.0/24")
    code = code_for(desk, TECH.address, "192.0.2.0/24")
    assert try_code(claim_of(request, "192.0.2.0/24"), code.lower(), now())
    (before,) = cards_of(request)
    assert before.colour is Colour.AMBER
    desk.work()
    (after,) = cards_of(request)
    assert after.colour is Colour.GREEN
    assert after.claim.evidence["contact"] == TECH.address


def test_a_domain_that_cannot_be_looked_up_is_amber_and_tried_again(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    domain_registered(desk, "example.org", "2003-01-02")
    request = asked(desk, "192.0.2.0/24")
    code = code_for(desk, TECH.address, "192.0.2.0/24")
    desk.resolver.dead = True
    try_code(claim_of(request, "192.0.2.0/24"), code, now())
    desk.work()
    (card,) = cards_of(request)
    assert (card.colour, card.claim.state) == (Colour.AMBER, ClaimState.PROVEN)
    desk.resolver.dead = False
    desk.pass_time(dt.timedelta(minutes=1))
    desk.work()
    assert cards_of(request)[0].colour is Colour.GREEN


@pytest.mark.parametrize("wrong", ["no_mail", "parked", "young"])
def test_a_contact_of_a_bad_domain_leaves_it_to_staff(desk: Desk, wrong: str) -> None:
    for network in ("192.0.2.0/24", "AS64496"):
        registered(desk, network, facts(TECH))
    young = "2026-11-01" if wrong == "young" else "2003-01-02"
    domain_registered(desk, "example.org", young)
    if wrong == "no_mail":
        desk.resolver.without_mail.add("example.org")
    if wrong == "parked":
        desk.resolver.servers["example.org"] = ("ns1.sedoparking.com",)
    request = asked(desk, "192.0.2.0/24", "AS64496")
    try_code(claim_of(request, "192.0.2.0/24"), code_for(desk, TECH.address, "192.0.2.0/24"), now())
    desk.work()
    assert {each.colour for each in cards_of(request)} == {Colour.RED}
    assert {each.state for each in request.claims.all()} == {ClaimState.STAFF}


def test_an_abuse_mailbox_alone_proves_no_broad_prefix_and_no_as_number(desk: Desk) -> None:
    registered(desk, "192.0.0.0/19", facts(ABUSE))
    registered(desk, "AS64496", facts(ABUSE))
    request = asked(desk, "192.0.0.0/19", "AS64496")
    try_code(
        claim_of(request, "192.0.0.0/19"), code_for(desk, ABUSE.address, "192.0.0.0/19"), now()
    )
    assert claim_of(request, "192.0.0.0/19").state == ClaimState.STAFF
    assert claim_of(request, "AS64496").state == ClaimState.ASKED
    try_code(claim_of(request, "AS64496"), code_for(desk, ABUSE.address, "AS64496"), now())
    assert claim_of(request, "AS64496").state == ClaimState.STAFF
    assert claim_of(request, "192.0.0.0/19").state == ClaimState.STAFF
    assert {each.colour for each in cards_of(request)} == {Colour.AMBER}


def test_after_an_abuse_mailbox_a_technical_contact_may_still_prove_it(desk: Desk) -> None:
    registered(desk, "192.0.0.0/19", facts(ABUSE, TECH))
    request = asked(desk, "192.0.0.0/19")
    claim = claim_of(request, "192.0.0.0/19")
    assert answers.approve(claim, claim.round, ABUSE.address, now())
    assert claim_of(request, "192.0.0.0/19").state == ClaimState.ASKED
    assert answers.approve(claim, claim.round, TECH.address, now())
    assert claim_of(request, "192.0.0.0/19").state == ClaimState.PROVEN


def test_three_wrong_codes_make_it_void_and_new_ones_are_mailed_so_often(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    request = asked(desk, "192.0.2.0/24")
    claim = claim_of(request, "192.0.2.0/24")
    assert not new_code(claim, now())
    for turn in range(3):
        code = code_for(desk, TECH.address, "192.0.2.0/24")
        for _ in range(3):
            assert not try_code(claim, "WRONG234", now())
        assert not try_code(claim, code, now())
        assert new_code(claim_of(request, "192.0.2.0/24"), now()) is (turn < 2)
    assert len(desk.letters_to(TECH.address)) == 3
    claim = claim_of(request, "192.0.2.0/24")
    assert (claim.wrong_codes, claim.state) == (9, ClaimState.ASKED)
    assert cards_of(request)[0].colour is Colour.RED


def test_each_contact_has_a_code_of_its_own_and_an_old_one_is_worth_nothing(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH, ABUSE))
    request = asked(desk, "192.0.2.0/24")
    old = code_for(desk, TECH.address, "192.0.2.0/24")
    assert old != code_for(desk, ABUSE.address, "192.0.2.0/24")
    claim = claim_of(request, "192.0.2.0/24")
    for _ in range(3):
        try_code(claim, "WRONG234", now())
    new_code(claim, now())
    assert not try_code(claim, old, now())
    assert try_code(claim, code_for(desk, ABUSE.address, "192.0.2.0/24"), now())
    assert claim_of(request, "192.0.2.0/24").evidence["contact"] == ABUSE.address


def test_new_codes_are_asked_for_on_the_page_of_the_session_alone(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    form = {
        "full_name": "Ada Example", "organisation": ORGANISATION, "address": REQUESTER,
        "phone": "+1 202 555 0100", "networks": "192.0.2.0/24", "recipients": "noc@example.org",
    }  # fmt: skip
    browser = Client()
    browser.post("/ask", form)
    page = browser.post(desk.link_to(REQUESTER), {"answer": "confirm"})["Location"]
    desk.work()
    claim = Claim.objects.get()
    for _ in range(3):
        browser.post(page, {"claim": claim.pk, "code": "WRONG234"})
    assert b"Mail new codes" in browser.get(page).content
    assert Client().post(page, {"claim": claim.pk, "act": "new_code"}).status_code == 404
    assert browser.post(page, {"claim": claim.pk, "act": "new_code"}).status_code == 302
    assert len(desk.letters_to(TECH.address)) == 2


def test_not_us_stops_all_of_that_holder_and_tells_staff(desk: Desk, staff_mail: str) -> None:
    for network in ("192.0.2.0/24", "AS64496"):
        registered(desk, network, facts(TECH))
    registered(desk, "198.51.100.0/24", facts(TECH, holder_id="ORG-OTHER"))
    request = asked(desk, "192.0.2.0/24", "AS64496", "198.51.100.0/24")
    claim = claim_of(request, "192.0.2.0/24")
    assert answers.not_us(claim, claim.round, TECH.address, now())
    assert not answers.not_us(claim, claim.round, TECH.address, now())
    states = {str(each.network): each.state for each in request.claims.all()}
    assert states == {
        "192.0.2.0/24": ClaimState.REFUSED,
        "AS64496": ClaimState.REFUSED,
        "198.51.100.0/24": ClaimState.ASKED,
    }
    (letter,) = desk.letters_to(staff_mail)
    assert "AS64496" in str(letter.body)
    assert "198.51.100.0/24" not in str(letter.body)


def test_not_us_counts_also_after_another_contact_approved_and_before_a_late_look_up(
    desk: Desk,
) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH, ABUSE))
    request = asked(desk, "192.0.2.0/24", "AS64496")
    claim = claim_of(request, "192.0.2.0/24")
    assert answers.approve(claim, claim.round, ABUSE.address, now())
    assert answers.not_us(claim, claim.round, TECH.address, now())
    assert claim_of(request, "192.0.2.0/24").state == ClaimState.REFUSED
    request.refresh_from_db()
    assert request.state == RequestState.REVIEW


def test_not_us_after_the_approval_freezes_the_network_for_some_time(
    desk: Desk, staff_mail: str
) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH, ABUSE))
    request = asked(desk, "192.0.2.0/24")
    claim = claim_of(request, "192.0.2.0/24")
    answers.approve(claim, claim.round, ABUSE.address, now())
    deciding.approve(request, (claim.pk,), desk.reviewer(), "", now())
    link = desk.link_to(TECH.address)
    assert b"Not us" in Client().get(link).content
    Client().post(link, {"answer": "approve"})
    assert Network.objects.get().state == NetworkState.ACTIVE
    Client().post(link, {"answer": "not_us"})
    assert Network.objects.get().state == NetworkState.FROZEN
    assert "had been granted" in str(desk.letters_to(staff_mail)[-1].body)
    assert "stopped" in str(desk.letters_to(REQUESTER)[-1].subject)
    desk.pass_time(dt.timedelta(days=91))
    assert b"Not us" not in Client().get(link).content


def test_a_network_looked_up_late_is_stopped_by_an_earlier_not_us(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    registered(desk, "AS64496", facts(TECH))
    request = asked(desk, "192.0.2.0/24", "AS64496")
    late = claim_of(request, "AS64496")
    late.state, late.facts = ClaimState.NEW, {}
    late.save()
    claim = claim_of(request, "192.0.2.0/24")
    answers.not_us(claim, claim.round, TECH.address, now())
    enqueue("look_up_claim", "late", {"claim": late.pk}, now())
    desk.work()
    assert claim_of(request, "AS64496").state == ClaimState.REFUSED


def test_one_proof_covers_what_the_same_holder_has_of_the_same_registry(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    registered(desk, "AS64496", facts(TECH))
    registered(desk, "198.51.100.0/24", facts(TECH, registry="arin"))
    registered(desk, "203.0.113.0/24", facts(TECH, holder_id="ORG-EX2"))
    request = asked(desk, "192.0.2.0/24", "AS64496", "198.51.100.0/24", "203.0.113.0/24")
    try_code(claim_of(request, "192.0.2.0/24"), code_for(desk, TECH.address, "192.0.2.0/24"), now())
    methods = {str(each.network): each.method for each in request.claims.all()}
    assert methods == {
        "192.0.2.0/24": ProofMethod.REGISTRY_MAIL,
        "AS64496": ProofMethod.SAME_HOLDER,
        "198.51.100.0/24": "",
        "203.0.113.0/24": "",
    }
    own = next(each for each in cards_of(request) if each.claim.method == "same_holder")
    assert own.colour is Colour.AMBER
    assert "It rests on the proof of 192.0.2.0/24, which is amber." in [
        each.text for each in own.reasons
    ]


def test_what_an_organisation_adds_later_of_the_same_holder_is_proven(desk: Desk) -> None:
    organisation = organisation_with_admin()
    held(organisation, "192.0.2.0/24", facts(TECH))
    held(organisation, "192.0.3.0/24", facts(TECH, holder_id="IMP"), method=ProofMethod.IMPORTED)
    registered(desk, "AS64496", facts(TECH))
    registered(desk, "198.51.100.0/24", facts(TECH, holder_id="IMP"))
    request = asked(desk, "AS64496", "198.51.100.0/24", organisation=organisation)
    assert claim_of(request, "AS64496").method == ProofMethod.SAME_HOLDER
    assert claim_of(request, "198.51.100.0/24").state == ClaimState.ASKED


def test_a_proof_of_another_organisation_is_none(desk: Desk) -> None:
    held(organisation_with_admin("Other"), "192.0.2.0/24", facts(TECH))
    registered(desk, "AS64496", facts(TECH))
    organisation = organisation_with_admin(admin="eve@example.com")
    request = asked(desk, "AS64496", organisation=organisation)
    assert claim_of(request, "AS64496").state == ClaimState.ASKED


def test_a_part_of_an_upstreams_network_is_refused_with_the_reason(desk: Desk) -> None:
    big = facts(contact("technical", "noc@carrier.example.net"), holder="Big Transit Carrier")
    registered(desk, "192.0.2.0/24", replace(big, range="192.0.0.0/16"))
    request = asked(desk, "192.0.2.0/24")
    claim = claim_of(request, "192.0.2.0/24")
    assert claim.state == ClaimState.REFUSED
    assert "registered for “Big Transit Carrier” as a part of 192.0.0.0/16" in claim.refusal
    assert desk.letters_to("noc@carrier.example.net") == []


def test_what_nobody_answers_in_time_goes_to_staff_and_the_requester_is_told(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    request = asked(desk, "192.0.2.0/24")
    code = code_for(desk, TECH.address, "192.0.2.0/24")
    claim = claim_of(request, "192.0.2.0/24")
    desk.pass_time(dt.timedelta(days=15))
    assert not try_code(claim, code, now())
    assert not answers.approve(claim, claim.round, TECH.address, now())
    desk.work()
    assert claim_of(request, "192.0.2.0/24").state == ClaimState.STAFF
    letters = desk.letters_to(REQUESTER)
    assert "Nobody has confirmed 192.0.2.0/24 yet" in str(letters[-1].subject)
    desk.pass_time(dt.timedelta(days=1))
    assert len(desk.letters_to(REQUESTER)) == len(letters)


def test_no_code_stands_in_the_database(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    request = asked(desk, "192.0.2.0/24")
    code = code_for(desk, TECH.address, "192.0.2.0/24")
    try_code(claim_of(request, "192.0.2.0/24"), code, now())
    desk.work()
    stored = [*AuditLine.objects.values(), *request.claims.values(), *Letter.objects.values()]
    assert code not in str(stored)


def test_a_contact_of_many_networks_of_one_holder_gets_one_letter_that_names_them(
    desk: Desk,
) -> None:
    names = ["AS64496", *[f"198.51.100.{number}/32" for number in range(6)]]
    for name in names:
        registered(desk, name, facts(TECH))
    registered(desk, "192.0.2.0/24", facts(TECH, ABUSE))
    request = asked(desk, *names, "192.0.2.0/24")
    letters = desk.letters_to(TECH.address)
    assert len(letters) == 2
    assert "Is this request for AS64496 right?" in str(letters[0].subject)
    assert "198.51.100.5/32, 192.0.2.0/24" in str(letters[0].body)
    claim = claim_of(request, "AS64496")
    assert answers.approve(claim, claim.round, TECH.address, now())
    assert {each.state for each in request.claims.all()} == {ClaimState.PROVEN}


def test_cards_of_many_claims_take_no_more_queries_than_those_of_one(
    desk: Desk, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    organisation = organisation_with_admin()
    names = [f"198.51.100.{number}/32" for number in range(12)]
    for name in names:
        registered(desk, name, facts(TECH))
    request = asked(desk, *names, organisation=organisation)
    with django_assert_max_num_queries(3):
        assert len(cards_of(request)) == 12


def test_a_letter_to_a_contact_names_no_network_that_was_refused(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    registered(desk, "198.51.100.0/24", facts(TECH))
    asked(desk, "192.0.2.0/24", "198.51.100.0/24", "10.0.0.0/8")
    (letter,) = desk.letters_to(TECH.address)
    assert "198.51.100.0/24" in str(letter.body)
    assert "10.0.0.0/8" not in str(letter.body)
