"""What staff decide, what the person is told of it, and what nobody is told."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from tests.service.desk import Desk, now
from tests.service.test_review_queue import make_request

from tocsin.service.audit.models import AuditLine
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Network,
    Organisation,
    Request,
    RequestChannel,
    RequestState,
)
from tocsin.service.subscribers.requests.asking import Arrival, answer_request, confirm_request
from tocsin.service.subscribers.requests.ready_texts import ready_texts, words_of
from tocsin.service.subscribers.values import any_network
from tocsin.service.subscribers.wanted import Wanted, from_json

_NUMBERS = re.compile(r"""([Rr]equest |requests/|#|code-|value=")\w+""")
"""Numbers of rows and tokens of forms, which differ from page to page."""


def _decide(browser: Client, request: Request, decision: str, **said: object) -> None:
    data = {"decision": decision, **said}
    assert browser.post(f"/staff/requests/{request.pk}/decide", data).status_code == 302
    request.refresh_from_db()


def _numbers(request: Request) -> list[int]:
    return list(request.claims.order_by("pk").values_list("pk", flat=True))


def _held_by_another(network: str) -> Organisation:
    other = Organisation.objects.create(slug="other", name="Other Holder", founded_at=now())
    Network.objects.create(
        organisation=other, valid_from=now(), **Network.columns_of(any_network(network))
    )
    return other


def test_evidence_is_shown_and_stays_as_it_was(desk: Desk) -> None:
    request = make_request("Alpha", "192.0.2.0/24")
    claim = request.claims.get()
    claim.facts = {"holder": "Holder then", "handle": "OBJ-1", "contacts": [], "remarks": []}
    claim.save()
    request.mail_evidence = {"dkim": {"result": "pass", "domain": "example.org"}}
    request.save()
    _held_by_another("192.0.0.0/16")
    browser = desk.signed_in(desk.reviewer())
    page = browser.get(f"/staff/requests/{request.pk}").content.decode()
    for text in ("Holder then", "OBJ-1", "DKIM result", "pass", "Other Holder", "192.0.0.0/16"):
        assert text in page
    _decide(browser, request, "refuse", ready_refuse="no_proof", note="smells")
    Claim.objects.update(facts={"holder": "Holder now"})
    Network.objects.all().delete()
    page = browser.get(f"/staff/requests/{request.pk}").content.decode()
    assert "Holder then" in page
    assert "Holder now" not in page
    assert "Other Holder" in page
    assert "smells" in page


def test_a_note_for_staff_reaches_nobody_else(desk: Desk) -> None:
    browser = desk.signed_in(desk.reviewer())
    for decision in ("approve", "refuse"):
        request = make_request(
            f"To {decision}", "192.0.2.0/24", requester=f"{decision}@example.org"
        )
        follower = Client()
        session = follower.session
        session["requests"] = [request.pk]
        session.save()
        _decide(
            browser, request, decision,
            claim=_numbers(request), words="Words for you.", note="SECRETNOTE",
        )  # fmt: skip
        assert request.staff_note == "SECRETNOTE"
        [letter] = desk.letters_to(f"{decision}@example.org")
        assert "Words for you." in letter.body
        assert "SECRETNOTE" not in f"{letter.subject} {letter.body}"
        assert "SECRETNOTE" not in follower.get(f"/requests/{request.pk}").content.decode()


@pytest.mark.parametrize("decision", ["refuse", "ask", "approve"])
def test_nobody_learns_from_a_decision_who_else_subscribes(desk: Desk, decision: str) -> None:
    """Letter and page are the same, to the byte, whether somebody else holds it or not."""
    seen = []
    browser = desk.signed_in(desk.reviewer())
    for held in (False, True):
        if held:
            _held_by_another("192.0.2.0/24")
        request = make_request("Asker", "192.0.2.0/24", requester=f"ada{int(held)}@example.org")
        follower = Client()
        session = follower.session
        session["requests"] = [request.pk]
        session.save()
        before = follower.get(f"/requests/{request.pk}").content.decode()
        _decide(
            browser, request, decision, claim=_numbers(request), words="Because.",
            **{f"ready_{decision}": "document"},
        )  # fmt: skip
        [letter] = desk.letters_to(request.requester)
        after = follower.get(f"/requests/{request.pk}").content.decode()
        texts = (before, letter.subject, letter.body, after)
        seen.append(
            [_NUMBERS.sub(r"\1", str(each)).replace(request.requester, "") for each in texts]
        )
    assert seen[0] == seen[1]


def test_what_is_not_granted_is_refused_with_a_reason(desk: Desk) -> None:
    request = make_request("Alpha", "192.0.2.0/24", "AS64496")
    granted = request.claims.get(kind="cidr").pk
    _decide(desk.signed_in(desk.reviewer()), request, "approve", claim=[granted])
    assert request.state == RequestState.APPROVED
    refused = request.claims.get(kind="asn")
    assert refused.state == ClaimState.REFUSED
    [letter] = desk.letters_to(request.requester)
    assert "AS64496: Our staff could not grant this network" in letter.body
    assert not Network.objects.filter(kind="asn").exists()


def test_ready_texts_go_out_with_what_was_typed_below(desk: Desk) -> None:
    request = make_request("Alpha", "192.0.2.0/24")
    browser = desk.signed_in(desk.reviewer())
    _decide(browser, request, "ask", ready_ask="document", words="By Friday, please.")
    [letter] = desk.letters_to(request.requester)
    assert "FIRST or TF-CSIRT" in letter.body
    assert "By Friday, please." in letter.body
    assert words_of("refuse", "../ask/document", "") == ""
    for decision in ("ask", "refuse", "approve"):
        assert all(each.title and each.words for each in ready_texts(decision))


def test_a_refusal_needs_words_and_staff_decisions_a_note(desk: Desk) -> None:
    request = make_request("Alpha", "XX", claims=ClaimState.STAFF)
    browser = desk.signed_in(desk.reviewer())
    _decide(browser, request, "refuse")
    _decide(browser, request, "approve", claim=_numbers(request))
    _decide(browser, request, "approve", claim=["x", "", "9" * 30], note="n")
    _decide(browser, request, "nonsense")
    assert request.state == RequestState.REVIEW
    assert not AuditLine.objects.filter(request=request.pk).exists()


def test_a_country_takes_two_persons_who_approve_the_same(desk: Desk) -> None:
    request = make_request("CERT", "XX", "AS64496", claims=ClaimState.STAFF)
    first = desk.signed_in(desk.reviewer("one@tocsin.example.org"))
    second = desk.signed_in(desk.reviewer("two@tocsin.example.org"))
    both = _numbers(request)
    page = first.get(f"/staff/requests/{request.pk}").content.decode()
    assert "takes the approval of two persons" in page
    _decide(first, request, "approve", claim=both, note="law")
    _decide(first, request, "approve", claim=both, note="law")
    assert request.state == RequestState.REVIEW
    assert (
        "one@tocsin.example.org has approved"
        in second.get(f"/staff/requests/{request.pk}").content.decode()
    )
    assert not Network.objects.exists()
    _decide(second, request, "approve", claim=both, note="law")
    assert request.state == RequestState.APPROVED
    assert Network.objects.count() == 2


def test_a_second_person_who_approves_something_else_begins_anew(desk: Desk) -> None:
    request = make_request("CERT", "XX", "AS64496", claims=ClaimState.STAFF)
    first = desk.signed_in(desk.reviewer("one@tocsin.example.org"))
    second = desk.signed_in(desk.reviewer("two@tocsin.example.org"))
    country = request.claims.get(kind="country").pk
    _decide(first, request, "approve", claim=[country], note="law")
    _decide(second, request, "approve", claim=_numbers(request), note="law")
    assert request.state == RequestState.REVIEW
    assert request.first_approval is not None
    assert request.first_approval.email == "two@tocsin.example.org"
    _decide(first, request, "approve", claim=_numbers(request), note="law")
    assert request.state == RequestState.APPROVED


def test_a_changed_request_makes_the_first_approval_void(desk: Desk) -> None:
    request = make_request("CERT", "XX", claims=ClaimState.STAFF)
    first = desk.signed_in(desk.reviewer("one@tocsin.example.org"))
    second = desk.signed_in(desk.reviewer("two@tocsin.example.org"))
    _decide(first, request, "approve", claim=_numbers(request), note="law")
    Claim.objects.update(evidence={"document": "another"})
    page = second.get(f"/staff/requests/{request.pk}").content.decode()
    assert "that approval is void" in page
    _decide(second, request, "approve", claim=_numbers(request), note="law")
    assert request.state == RequestState.REVIEW


def test_a_first_approval_is_taken_back_by_whoever_gave_it(desk: Desk) -> None:
    request = make_request("CERT", "XX", claims=ClaimState.STAFF)
    first = desk.signed_in(desk.reviewer("one@tocsin.example.org"))
    second = desk.signed_in(desk.reviewer("two@tocsin.example.org"))
    _decide(first, request, "approve", claim=_numbers(request), note="law")
    _decide(second, request, "withdraw")
    assert Request.objects.filter(first_approval__isnull=False).exists()
    _decide(first, request, "withdraw")
    assert not Request.objects.filter(first_approval__isnull=False).exists()
    _decide(second, request, "approve", claim=_numbers(request), note="law")
    assert request.state == RequestState.REVIEW
    verbs = list(AuditLine.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs.count("request.approval_withdrawn") == 1


def test_an_answer_to_staff_keeps_what_was_proven(desk: Desk) -> None:
    request = make_request("Alpha", "192.0.2.0/24", "AS64496")
    proven = request.claims.get(kind="cidr").pk
    _decide(desk.signed_in(desk.reviewer()), request, "ask", words="Really AS64496?")
    later = Wanted(networks=(any_network("192.0.2.0/24"), any_network("AS64497")))
    wanted = from_json(request.wanted)
    answer_request(request, later, Arrival(RequestChannel.MAIL, request.requester), now())
    request.refresh_from_db()
    Request.objects.filter(pk=request.pk).update(
        wanted={**request.wanted, "phone": "+12025550100"}, state=RequestState.UNCONFIRMED
    )
    assert confirm_request(request, now())
    request.refresh_from_db()
    assert request.state == RequestState.PROVING
    assert request.claims.get(pk=proven).state == ClaimState.PROVEN
    assert wanted.organisation == "Alpha"


def test_one_refused_network_does_not_bring_a_request_to_staff_before_the_rest(desk: Desk) -> None:
    request = make_request("Alpha", state=RequestState.UNCONFIRMED)
    wanted = {**request.wanted, "networks": [
        {"kind": "cidr", "value": "10.0.0.0/8"}, {"kind": "cidr", "value": "192.0.2.0/24"},
    ]}  # fmt: skip
    Request.objects.filter(pk=request.pk).update(wanted=wanted)
    assert confirm_request(request, now())
    request.refresh_from_db()
    assert request.state == RequestState.PROVING
    desk.work()
    request.refresh_from_db()
    assert request.state == RequestState.REVIEW
