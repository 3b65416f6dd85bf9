"""Proofs end: those whom it hits are told before, and the registries' contacts are asked again."""

from __future__ import annotations

import datetime as dt

from django.test import Client
from tests.service.desk import Desk, links_in, now
from tests.service.proven import (
    REQUESTER,
    contact,
    domain_registered,
    facts,
    held,
    organisation_with_admin,
    registered,
)

from tocsin.catalogue.load import load_catalogue
from tocsin.service.audit.models import AuditLine
from tocsin.service.subscribers.models import (
    Network,
    NetworkState,
    Proof,
    ProofMethod,
    ProofState,
    Request,
    RequestState,
)
from tocsin.service.subscribers.snapshots.writing import snapshot_of
from tocsin.service.verification.expiring import EXPIRING_DAILY

TECH = contact("technical", "tech@example.org")
DAY = dt.timedelta(days=1)


def reported(desk: Desk) -> list[str]:
    (organisation,) = snapshot_of(now(), load_catalogue())["organisations"]
    return [str(each.get("cidr") or each.get("asn")) for each in organisation["networks"]]


def subjects(desk: Desk, address: str) -> list[str]:
    return [str(each.subject).split("] ")[1] for each in desk.letters_to(address)]


def world(desk: Desk) -> Network:
    organisation = organisation_with_admin()
    for network in ("192.0.2.0/24", "AS64496"):
        registered(desk, network, facts(TECH))
    domain_registered(desk, "example.org", "2003-01-02")
    held(organisation, "192.0.2.0/24", facts(TECH), days=40.5)
    return held(organisation, "AS64496", facts(TECH), days=300)


def test_the_way_of_a_proof_that_nobody_renews(desk: Desk) -> None:
    world(desk)
    for _ in range(42):
        desk.work()
        desk.pass_time(DAY)
    told = [each for each in subjects(desk, REQUESTER) if each.startswith("Reports for")]
    soon = "Reports for Example Access Networks stop soon unless they are confirmed"
    assert told == [
        *[soon] * 5,
        "Reports for Example Access Networks have stopped for some networks",
    ]
    assert Request.objects.get().state == RequestState.REVIEW
    assert len(desk.letters_to(TECH.address)) == 1
    assert reported(desk) == ["64496"]
    kept = Network.objects.get(value="192.0.2.0/24")
    assert kept.state == NetworkState.ACTIVE
    assert kept.proofs.get().state == ProofState.ENDED
    verbs = list(AuditLine.objects.values_list("verb", flat=True))
    assert verbs.count("network.warned") == 5
    assert verbs.count("proof.ended") == 1


def test_the_contacts_agree_and_the_proof_is_renewed_without_staff(desk: Desk) -> None:
    network = world(desk)
    desk.pass_time(15 * DAY)
    (letter,) = desk.letters_to(TECH.address)
    assert "Are reports on 192.0.2.0/24 still right?" in str(letter.subject)
    (link,) = [each for each in links_in(letter) if each.startswith("/l/proof/")]
    Client().get(link)
    assert Proof.objects.count() == 2
    Client().post(link, {"answer": "approve"})
    assert Proof.objects.count() == 2
    desk.work()
    renewed = Network.objects.get(value="192.0.2.0/24")
    proof = renewed.proofs.first()
    assert proof is not None
    assert (proof.method, proof.ends_at) == (ProofMethod.REGISTRY_MAIL, now() + 365 * DAY)
    assert Request.objects.get().state == RequestState.APPROVED
    assert "Proofs renewed for Example Access Networks" in subjects(desk, REQUESTER)
    desk.pass_time(30 * DAY)
    desk.work()
    assert reported(desk) == ["192.0.2.0/24", "64496"]
    assert len([each for each in subjects(desk, REQUESTER) if "stop" in each]) == 1
    assert network.proofs.count() == 1


def test_a_contact_of_a_parked_domain_renews_nothing(desk: Desk) -> None:
    world(desk)
    desk.resolver.servers["example.org"] = ("ns1.sedoparking.com",)
    desk.pass_time(15 * DAY)
    (letter,) = desk.letters_to(TECH.address)
    (link,) = [each for each in links_in(letter) if each.startswith("/l/proof/")]
    Client().post(link, {"answer": "approve"})
    desk.work()
    assert Proof.objects.count() == 2
    assert Request.objects.get().state == RequestState.REVIEW


def test_a_network_that_is_anothers_now_is_not_renewed(desk: Desk) -> None:
    world(desk)
    other = facts(TECH, holder="Quite Another Company", holder_id="ORG-NEW")
    desk.pass_time(10 * DAY)
    desk.work()
    registered(desk, "192.0.2.0/24", other)
    Network.objects.update(look_again_at=now() + 90 * DAY)
    desk.pass_time(5 * DAY)
    (letter,) = desk.letters_to(TECH.address)
    (link,) = [each for each in links_in(letter) if each.startswith("/l/proof/")]
    Client().post(link, {"answer": "approve"})
    desk.work()
    assert Proof.objects.count() == 2
    assert Request.objects.get().state == RequestState.REVIEW


def test_a_renewal_is_never_proven_by_another_network_of_the_same_holder(desk: Desk) -> None:
    world(desk)
    desk.pass_time(15 * DAY)
    desk.work()
    claim = Request.objects.get().claims.get()
    assert (claim.state, claim.method) == ("asked", "")


def test_not_us_to_a_renewal_leaves_it_to_staff(desk: Desk) -> None:
    world(desk)
    desk.pass_time(15 * DAY)
    (letter,) = desk.letters_to(TECH.address)
    (link,) = [each for each in links_in(letter) if each.startswith("/l/proof/")]
    Client().post(link, {"answer": "not_us"})
    assert Request.objects.get().state == RequestState.REVIEW


def test_doing_a_day_twice_tells_nobody_twice(desk: Desk) -> None:
    world(desk)
    desk.pass_time(15 * DAY)
    for _ in range(3):
        EXPIRING_DAILY.inner({"day": now().date().isoformat()}, None, now())
    desk.work()
    told = [each for each in subjects(desk, REQUESTER) if each.startswith("Reports for")]
    assert len(told) == 1
    assert Request.objects.count() == 1
