"""A network is proven by what only its holder can write, and by nothing that looks like it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from tests.service.desk import Desk

from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    ProofMethod,
    Request,
    RequestChannel,
    RequestState,
)
from tocsin.service.subscribers.requests import asking, deciding
from tocsin.service.subscribers.values import any_network
from tocsin.service.subscribers.wanted import Wanted
from tocsin.service.verification.claims import ask_registry_contacts
from tocsin.service.verification.facts import RegistryContact, RegistryFacts
from tocsin.service.verification.guarded_http import Refused
from tocsin.service.verification.other_proofs import check_now, ways_of
from tocsin.service.work.models import Task, TaskState

FACTS = RegistryFacts(
    registry="ripencc",
    handle="EX-NET",
    holder="Example Access Networks",
    holder_id="ORG-EX1",
    contacts=(RegistryContact("abuse", "abuse@example.org"),),
)
ADA = "ada@example.org"


def confirmed(*names: str) -> Request:
    """A request for networks that its requester has confirmed."""
    wanted = Wanted(
        full_name="Ada Example",
        organisation="Example Access Networks",
        networks=tuple(any_network(each) for each in names),
        recipients=("noc@example.org",),
        phone="+12025550100",
    )
    request = asking.open_request(wanted, asking.Arrival(RequestChannel.WEB, ADA), clock.now())
    asking.confirm_request(request, clock.now())
    return request


def claim_of(request: Request) -> Claim:
    return request.claims.select_related("request").get()


def text_of(claim: Claim) -> str:
    ways = ways_of(claim, clock.now())
    assert ways is not None
    return ways.text


@pytest.fixture
def asked(desk: Desk) -> Claim:
    desk.registry.facts[any_network("192.0.2.0/24")] = FACTS
    request = confirmed("192.0.2.0/24")
    desk.work()
    claim = claim_of(request)
    assert claim.state == ClaimState.ASKED
    return claim


def test_a_text_in_the_reverse_zone_proves_a_prefix(desk: Desk, asked: Claim) -> None:
    desk.resolver.records["_tocsin.2.0.192.in-addr.arpa"] = ("else", text_of(asked))
    assert check_now(asked, clock.now())
    desk.work()
    asked.refresh_from_db()
    assert (asked.state, asked.method) == (ClaimState.PROVEN, ProofMethod.DNS)
    assert asked.evidence["names"] == ["_tocsin.2.0.192.in-addr.arpa"]
    assert asked.request.__class__.objects.get().state == RequestState.REVIEW
    assert AuditLine.objects.filter(verb="claim.proven").count() == 1


def test_it_is_found_without_being_told_within_six_hours(desk: Desk, asked: Claim) -> None:
    desk.pass_time(dt.timedelta(hours=13))
    desk.work()
    desk.resolver.records["_tocsin.2.0.192.in-addr.arpa"] = (text_of(asked),)
    desk.work()
    asked.refresh_from_db()
    assert asked.state == ClaimState.ASKED
    desk.pass_time(dt.timedelta(hours=6))
    desk.work()
    asked.refresh_from_db()
    assert asked.state == ClaimState.PROVEN


def test_a_text_in_the_remarks_proves_and_the_registry_is_asked_anew(
    desk: Desk, asked: Claim
) -> None:
    found = replace(FACTS, remarks=("Our network", f"hello\n{text_of(asked)} bye"))
    desk.registry.facts[any_network("192.0.2.0/24")] = found
    check_now(asked, clock.now())
    desk.work()
    asked.refresh_from_db()
    assert (asked.state, asked.method) == (ClaimState.PROVEN, ProofMethod.REMARKS)


def test_a_text_in_another_object_than_was_seen_proves_nothing(desk: Desk, asked: Claim) -> None:
    found = replace(FACTS, handle="UPSTREAM", remarks=(text_of(asked),))
    desk.registry.facts[any_network("192.0.2.0/24")] = found
    check_now(asked, clock.now())
    desk.work()
    asked.refresh_from_db()
    assert asked.state == ClaimState.ASKED


def test_the_text_of_another_request_proves_nothing(desk: Desk, asked: Claim) -> None:
    other = confirmed("192.0.2.0/24")
    desk.work()
    assert text_of(claim_of(other)) != text_of(asked)
    desk.resolver.records["_tocsin.2.0.192.in-addr.arpa"] = (text_of(claim_of(other)),)
    check_now(asked, clock.now())
    desk.work()
    asked.refresh_from_db()
    assert asked.state == ClaimState.ASKED


def test_a_prefix_between_two_cuts_needs_all_its_zones(desk: Desk) -> None:
    network = any_network("198.51.100.0/23")
    desk.registry.facts[network] = FACTS
    claim = claim_of(confirmed(str(network)))
    desk.work()
    claim.refresh_from_db()
    text = text_of(claim)
    desk.resolver.records["_tocsin.100.51.198.in-addr.arpa"] = (text,)
    check_now(claim, clock.now())
    desk.work()
    claim.refresh_from_db()
    assert claim.state == ClaimState.ASKED
    desk.resolver.records["_tocsin.101.51.198.in-addr.arpa"] = (text,)
    desk.pass_time(dt.timedelta(minutes=1))
    check_now(claim, clock.now())
    desk.work()
    claim.refresh_from_db()
    assert claim.state == ClaimState.PROVEN


def test_a_domain_without_contacts_is_left_to_staff_and_may_be_proven_still(desk: Desk) -> None:
    claim = claim_of(confirmed("example.org"))
    desk.work()
    claim.refresh_from_db()
    assert claim.state == ClaimState.STAFF
    desk.resolver.records["_tocsin.example.org"] = (text_of(claim),)
    check_now(claim, clock.now())
    desk.work()
    claim.refresh_from_db()
    assert (claim.state, claim.method) == (ClaimState.PROVEN, ProofMethod.DNS)


def test_a_new_code_to_the_contacts_does_not_change_the_text(desk: Desk, asked: Claim) -> None:
    before = text_of(asked)
    ask_registry_contacts(asked, FACTS, clock.now())
    assert asked.round == 2
    assert text_of(asked) == before
    desk.work()
    assert Task.objects.filter(kind="check_proofs").count() == 1


def test_after_the_decision_no_proof_counts(desk: Desk, asked: Claim) -> None:
    text = text_of(asked)
    deciding.refuse(asked.request, desk.reviewer(), "No.", clock.now())
    asked = claim_of(Request.objects.get())
    assert ways_of(asked, clock.now()) is None
    assert not check_now(asked, clock.now())
    desk.resolver.records["_tocsin.2.0.192.in-addr.arpa"] = (text,)
    desk.pass_time(dt.timedelta(hours=7))
    desk.work()
    asked.refresh_from_db()
    assert asked.state == ClaimState.ASKED


def test_looking_ends_with_the_days_in_which_a_proof_may_come(desk: Desk, asked: Claim) -> None:
    for _ in range(70):
        desk.pass_time(dt.timedelta(hours=6))
        desk.work()
    assert not Task.objects.filter(kind="check_proofs", state=TaskState.WAITING).exists()
    assert Task.objects.filter(kind="check_proofs").count() == 56
    assert ways_of(asked, clock.now()) is None


def test_pressing_the_button_often_looks_once_a_minute(desk: Desk, asked: Claim) -> None:
    for _ in range(50):
        check_now(asked, clock.now())
    before = len(desk.registry.asked)
    desk.work()
    assert len(desk.registry.asked) == before + 1


def test_a_registry_that_leads_astray_does_not_end_the_looking(
    desk: Desk, asked: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> RegistryFacts:
        raise Refused("this address is not asked", where="http://10.0.0.1/", todo="nothing")

    monkeypatch.setattr(type(desk.registry), "look_up", refused)
    desk.pass_time(dt.timedelta(hours=6))
    desk.work()
    desk.resolver.records["_tocsin.2.0.192.in-addr.arpa"] = (text_of(asked),)
    desk.pass_time(dt.timedelta(hours=6))
    desk.work()
    asked.refresh_from_db()
    assert asked.state == ClaimState.PROVEN


def test_a_dead_dns_does_not_keep_the_remarks_from_being_read(desk: Desk, asked: Claim) -> None:
    desk.resolver.dead = True
    check_now(asked, clock.now())
    desk.work()
    asked.refresh_from_db()
    assert "does not answer" in asked.evidence["checked"]["trouble"][0]
    found = replace(FACTS, remarks=(text_of(asked),))
    desk.registry.facts[any_network("192.0.2.0/24")] = found
    desk.pass_time(dt.timedelta(minutes=1))
    check_now(asked, clock.now())
    desk.work()
    asked.refresh_from_db()
    assert asked.state == ClaimState.PROVEN


def test_one_letter_tells_of_all_networks_what_may_be_written_where(desk: Desk) -> None:
    desk.registry.facts[any_network("192.0.2.0/24")] = FACTS
    desk.registry.facts[any_network("AS64496")] = replace(FACTS, handle="AS64496")
    confirmed("192.0.2.0/24", "AS64496", "198.51.100.0/23", "XX")
    letters = [
        str(each.body) for each in desk.letters_to(ADA) if "prove your networks" in each.subject
    ]
    assert len(letters) == 1
    texts = {word for word in letters[0].split() if word.startswith("tocsin-proof=")}
    assert len(texts) == 3
    known = {text_of(each) for each in Claim.objects.exclude(kind="country")}
    assert texts == known
    claims = {str(each.network): text_of(each) for each in Claim.objects.exclude(kind="country")}
    for network, text in claims.items():
        letters[0] = letters[0].replace(text.removeprefix("tocsin-proof="), f"<{network}>")
    assert letters[0] == GOLDEN


GOLDEN = """\
Dear Ada Example,

you asked us for reports for Example Access Networks.

Where the registry names contacts, we have mailed them a code. You need not wait for them: any one
of these proves a network as well.

AS64496
  The text: tocsin-proof=<AS64496>
  In the remarks of the registry's object AS64496, as a word by itself.

192.0.2.0/24
  The text: tocsin-proof=<192.0.2.0/24>
  As a TXT record in the DNS:
    _tocsin.2.0.192.in-addr.arpa
  Or in the remarks of the registry's object EX-NET, as a word by itself.

198.51.100.0/23
  The text: tocsin-proof=<198.51.100.0/23>
  As a TXT record in the DNS:
    _tocsin.51.198.in-addr.arpa
  Or as a TXT record at each of these names:
    _tocsin.100.51.198.in-addr.arpa
    _tocsin.101.51.198.in-addr.arpa

We look every six hours, for 14 days. The page of your request has a button to look at once; you
come to it by the link by which you confirmed the request, or in the portal under Changes.
You may remove the text when we have written that the request is decided. If you do nothing, we
wait for the contacts of the registry, and our staff decide.

Tocsin, http://testserver
"""


def test_while_the_registry_is_dead_the_claim_waits_and_is_asked_again(desk: Desk) -> None:
    desk.registry.dead = True
    desk.registry.facts[any_network("192.0.2.0/24")] = FACTS
    claim = claim_of(confirmed("192.0.2.0/24"))
    desk.work()
    claim.refresh_from_db()
    assert claim.state == ClaimState.PENDING
    assert ways_of(claim, clock.now()) is None
    desk.pass_time(dt.timedelta(minutes=1))
    desk.work()
    assert AuditLine.objects.filter(verb="claim.pending").count() == 1
    desk.registry.dead = False
    desk.pass_time(dt.timedelta(minutes=3))
    desk.work()
    claim.refresh_from_db()
    assert claim.state == ClaimState.ASKED


def test_a_registry_that_never_answers_leaves_the_claim_to_staff(desk: Desk) -> None:
    desk.registry.dead = True
    request = confirmed("192.0.2.0/24")
    for _ in range(40):
        desk.work()
        desk.pass_time(dt.timedelta(hours=6))
    claim = claim_of(request)
    assert claim.state == ClaimState.STAFF
    assert "does not answer" in claim.evidence["not_looked_up"]
    assert claim.request.state == RequestState.REVIEW


def test_a_registry_that_leads_to_a_private_address_leaves_the_claim_to_staff_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> RegistryFacts:
        raise Refused("this address is not asked", where="http://10.0.0.1/", todo="nothing")

    monkeypatch.setattr(type(desk.registry), "look_up", refused)
    claim = claim_of(confirmed("192.0.2.0/24"))
    desk.work()
    claim.refresh_from_db()
    assert claim.state == ClaimState.STAFF
    assert "10.0.0.1" in claim.evidence["not_looked_up"]


def test_after_staff_have_asked_back_it_is_looked_for_again(desk: Desk, asked: Claim) -> None:
    """By itself, each six hours, and by one chain of tasks alone."""
    request, text = asked.request, text_of(asked)
    deciding.ask_back(request, desk.reviewer(), "Is that your network?", clock.now())
    desk.pass_time(dt.timedelta(hours=7))
    desk.work()
    answer = Wanted(note="Yes.")
    asking.answer_request(request, answer, asking.Arrival(RequestChannel.WEB, ADA), clock.now())
    request.refresh_from_db()
    assert asking.confirm_request(request, clock.now())
    desk.work()
    for _ in range(3):
        desk.pass_time(dt.timedelta(hours=7))
        desk.work()
        waiting = Task.objects.filter(kind="check_proofs", state=TaskState.WAITING)
        assert waiting.count() == 1
    desk.resolver.records["_tocsin.2.0.192.in-addr.arpa"] = (text,)
    desk.pass_time(dt.timedelta(hours=7))
    desk.work()
    asked.refresh_from_db()
    assert asked.state == ClaimState.PROVEN


def test_a_quick_answer_to_staff_does_not_make_two_look(desk: Desk, asked: Claim) -> None:
    request = asked.request
    deciding.ask_back(request, desk.reviewer(), "Is that your network?", clock.now())
    answer = Wanted(note="Yes.")
    asking.answer_request(request, answer, asking.Arrival(RequestChannel.WEB, ADA), clock.now())
    request.refresh_from_db()
    assert asking.confirm_request(request, clock.now())
    for _ in range(3):
        desk.pass_time(dt.timedelta(hours=7))
        desk.work()
    assert Task.objects.filter(kind="check_proofs", state=TaskState.WAITING).count() == 1
