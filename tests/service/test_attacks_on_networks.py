"""Tricks to get rows of a network that is not one's own: each of them fails."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from tests.service.desk import Desk, now
from tests.service.proven import (
    asked,
    claim_of,
    code_for,
    contact,
    facts,
    held,
    organisation_with_admin,
    registered,
)

from tocsin.engine.home_catalogue import home_catalogue
from tocsin.model.errors import UsageError
from tocsin.service import installation
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.changes.acts import end_network
from tocsin.service.subscribers.models import (
    ClaimState,
    Network,
    NetworkState,
    ProofMethod,
    Request,
    RequestChannel,
)
from tocsin.service.subscribers.requests.asking import Arrival, answer_request, confirm_request
from tocsin.service.subscribers.requests.deciding import approve, ask_back
from tocsin.service.subscribers.snapshots.writing import snapshot_of
from tocsin.service.subscribers.wanted import Wanted
from tocsin.service.verification.claims import prove, try_code
from tocsin.service.verification.freezing import freeze_network

TECH = contact("technical", "tech@example.org")
OTHER = contact("technical", "other@example.org")
ABUSE = contact("abuse", "abuse@example.org")


def _in_snapshot() -> list[str]:
    said = snapshot_of(now(), home_catalogue(installation.home()))
    return [str(each) for one in said["organisations"] for each in one["networks"]]


# --- frozen -----------------------------------------------------------------------------------


def test_a_frozen_network_that_is_ended_is_not_reported_for_its_last_days(desk: Desk) -> None:
    organisation = organisation_with_admin()
    network = held(organisation, "192.0.2.0/24", facts(TECH))
    assert _in_snapshot()
    freeze_network(network, "It is another's now.", Actor.system("test"), now())
    assert not _in_snapshot()
    end_network(network, Actor.person("ada@example.org"), now())
    assert not _in_snapshot()
    network.refresh_from_db()
    assert network.state == NetworkState.ENDED


def test_a_network_that_is_ended_while_it_is_theirs_is_reported_to_its_end(desk: Desk) -> None:
    organisation = organisation_with_admin()
    network = held(organisation, "192.0.2.0/24", facts(TECH))
    desk.pass_time(dt.timedelta(hours=1))
    end_network(network, Actor.person("ada@example.org"), now())
    assert _in_snapshot()


def test_a_frozen_network_is_not_proven_again_by_another_once_it_is_ended(desk: Desk) -> None:
    organisation = organisation_with_admin()
    held(organisation, "AS64500", facts(TECH))
    network = held(organisation, "192.0.2.0/24", facts(OTHER))
    freeze_network(network, "A contact says that it is not theirs.", Actor.system("test"), now())
    end_network(network, Actor.person("ada@example.org"), now())
    registered(desk, "192.0.2.0/24", facts(OTHER))
    request = asked(desk, "192.0.2.0/24", organisation=organisation)
    assert claim_of(request, "192.0.2.0/24").state == ClaimState.ASKED


def test_a_not_us_is_not_forgotten_in_the_next_request(desk: Desk) -> None:
    organisation = organisation_with_admin()
    registered(desk, "192.0.2.0/24", facts(OTHER))
    asked(desk, "192.0.2.0/24", organisation=organisation)
    Client().post(desk.link_to("other@example.org"), {"answer": "not_us"})
    held(organisation, "AS64500", facts(TECH))
    request = asked(desk, "192.0.2.0/24", organisation=organisation)
    assert claim_of(request, "192.0.2.0/24").state == ClaimState.ASKED


# --- one proof for others ---------------------------------------------------------------------


def test_a_reverse_zone_of_a_part_proves_nothing_else_of_the_holder(desk: Desk) -> None:
    """Providers delegate the reverse zones of parts to customers, who are not the holder."""
    whole = facts(TECH, range="198.51.0.0 - 198.51.255.255")
    registered(desk, "198.51.100.0/24", whole)
    registered(desk, "AS64500", facts(OTHER))
    request = asked(desk, "198.51.100.0/24", "AS64500")
    part = claim_of(request, "198.51.100.0/24")
    prove(part, ProofMethod.DNS, {"names": ["_tocsin.100.51.198.in-addr.arpa"]}, now())
    assert claim_of(request, "AS64500").state == ClaimState.ASKED


def test_a_reverse_zone_of_a_part_proves_nothing_that_is_added_later(desk: Desk) -> None:
    organisation = organisation_with_admin()
    whole = facts(TECH, range="198.51.0.0 - 198.51.255.255")
    held(organisation, "198.51.100.0/24", whole, method=ProofMethod.DNS)
    registered(desk, "AS64500", facts(OTHER))
    request = asked(desk, "AS64500", organisation=organisation)
    assert claim_of(request, "AS64500").state == ClaimState.ASKED


def test_a_reverse_zone_of_all_that_is_registered_proves_the_holders_rest(desk: Desk) -> None:
    registered(desk, "198.51.100.0/24", facts(TECH))
    registered(desk, "AS64500", facts(OTHER))
    request = asked(desk, "198.51.100.0/24", "AS64500")
    prove(claim_of(request, "198.51.100.0/24"), ProofMethod.DNS, {"names": ["x"]}, now())
    assert claim_of(request, "AS64500").state == ClaimState.PROVEN


def test_an_abuse_mailbox_alone_proves_no_as_number(desk: Desk) -> None:
    """Nobody can say of an AS number that it is no broader than a /20."""
    registered(desk, "AS64500", facts(ABUSE))
    request = asked(desk, "AS64500")
    claim = claim_of(request, "AS64500")
    code = code_for(desk, "abuse@example.org", "AS64500")
    try_code(claim, code, now())
    claim.refresh_from_db()
    assert claim.state == ClaimState.STAFF


# --- approved for one thing, used for another ---------------------------------------------------


@pytest.mark.parametrize(
    "later",
    [
        Wanted(recipients=("noc@example.org", "thief@example.net")),
        Wanted(organisation="Quite Another"),
        Wanted(full_name="Eve Example"),
    ],
)
def test_what_a_contact_approved_is_asked_anew_when_it_has_become_something_else(
    desk: Desk, later: Wanted
) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    request = asked(desk, "192.0.2.0/24")
    letters = len(desk.letters_to("tech@example.org"))
    link = desk.link_to("tech@example.org")
    Client().post(link, {"answer": "approve"})
    assert claim_of(request, "192.0.2.0/24").state == ClaimState.PROVEN
    _answered(desk, request, later)
    assert claim_of(request, "192.0.2.0/24").state == ClaimState.ASKED
    assert len(desk.letters_to("tech@example.org")) == letters + 1
    assert Client().post(link, {"answer": "approve"}).status_code in (200, 404)
    assert claim_of(request, "192.0.2.0/24").state == ClaimState.ASKED
    Client().post(desk.link_to("tech@example.org"), {"answer": "approve"})
    assert claim_of(request, "192.0.2.0/24").state == ClaimState.PROVEN


def test_what_a_contact_approved_stays_proven_when_only_a_question_was_answered(
    desk: Desk,
) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    request = asked(desk, "192.0.2.0/24")
    Client().post(desk.link_to("tech@example.org"), {"answer": "approve"})
    _answered(desk, request, Wanted(note="We moved last year."))
    assert claim_of(request, "192.0.2.0/24").state == ClaimState.PROVEN


def test_what_the_person_proved_alone_stays_proven_whoever_is_to_get_it(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    request = asked(desk, "192.0.2.0/24")
    prove(claim_of(request, "192.0.2.0/24"), ProofMethod.DNS, {"names": ["x"]}, now())
    _answered(desk, request, Wanted(recipients=("noc@example.org", "soc@example.org")))
    assert claim_of(request, "192.0.2.0/24").state == ClaimState.PROVEN


def test_a_not_us_is_not_asked_away_by_another_answer(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    request = asked(desk, "192.0.2.0/24")
    Client().post(desk.link_to("tech@example.org"), {"answer": "not_us"})
    _answered(desk, request, Wanted(recipients=("thief@example.net",)))
    assert claim_of(request, "192.0.2.0/24").state == ClaimState.REFUSED


def _answered(desk: Desk, request: Request, later: Wanted) -> None:
    """Staff ask something, and the person answers that, and confirms."""
    reviewer = desk.reviewer()
    ask_back(request, reviewer, "Who are you?", now())
    request.refresh_from_db()
    answer_request(request, later, Arrival(RequestChannel.MAIL, request.requester), now())
    request.refresh_from_db()
    assert confirm_request(request, now())
    desk.work()
    request.refresh_from_db()


def test_nobody_grants_what_they_asked_for_themselves(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    request = asked(desk, "192.0.2.0/24", requester="reviewer@tocsin.example.org")
    claim = claim_of(request, "192.0.2.0/24")
    prove(claim, ProofMethod.DNS, {"names": ["x"]}, now())
    with pytest.raises(UsageError):
        approve(request, (claim.pk,), desk.reviewer(), "mine", now())
    assert not Network.objects.exists()
    assert approve(request, (claim.pk,), desk.reviewer("b@tocsin.example.org"), "", now())
