"""Who may change a network in PeeringDB proves it by signing in there; nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.http import HttpResponse
from django.test import Client
from tests.service.desk import Desk

from tocsin.configuration.service import ProofRules
from tocsin.service import installation
from tocsin.service.fakes.peeringdb_server import FakePeeringDb, fake_peeringdb, profile
from tocsin.service.outside import Outside, instead
from tocsin.service.subscribers.models import Claim, ClaimState, ProofMethod
from tocsin.service.verification.guarded_http import GuardedHttp
from tocsin.service.verification.peeringdb import RealPeeringDb, profile_of

FORM = {
    "full_name": "Ada Example",
    "organisation": "Example Access Networks",
    "address": "ada@example.org",
    "phone": "+1 202 555 0100",
    "networks": "AS64496",
    "recipients": "noc@example.org",
    "contacts": "",
    "note": "",
}


@pytest.fixture
def peeringdb(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePeeringDb]:
    """A PeeringDB in which Ada may change AS64496, and only read AS64497."""
    with fake_peeringdb(profile((64496, 15), (64497, 4))) as fake:
        rules = ProofRules(documentation_allowed=True, loopback_allowed=True, **fake.places)  # type: ignore[arg-type]
        whole = installation.configuration().model_copy(update={"proof": rules})
        monkeypatch.setattr(installation, "configuration", lambda: whole)
        real = RealPeeringDb(GuardedHttp(loopback_allowed=True, seconds=1), rules)
        with instead(Outside(desk.registry, desk.resolver, lambda: real)):
            yield fake


def asking(desk: Desk, networks: str = "AS64496") -> tuple[Client, Claim]:
    """A browser that follows a request, whose claim waits for a proof."""
    browser = Client()
    browser.post("/ask", {**FORM, "networks": networks})
    browser.post(desk.link_to("ada@example.org"), {"answer": "confirm"})
    desk.work()
    return browser, Claim.objects.get()


def begun(browser: Client, claim: Claim) -> str:
    """Where the page sends the browser."""
    page = browser.post(f"/requests/{claim.request_id}/networks/{claim.pk}/peeringdb")
    assert page.status_code == 200
    where = str(page.context["where"])
    assert where.replace("&", "&amp;").encode() in page.content
    return where


def back_from(where: str) -> dict[str, str]:
    """Sign in there; what the browser comes back with."""
    location = httpx.get(where).headers["Location"]
    assert location.startswith("http://testserver/peeringdb/back?")
    return {name: said[0] for name, said in parse_qs(urlsplit(location).query).items()}


def finished(browser: Client, said: dict[str, str]) -> HttpResponse:
    page = browser.get("/peeringdb/back", said)
    assert page.status_code == 200
    return browser.post("/peeringdb/finish", said)  # type: ignore[return-value]


def state_of(claim: Claim) -> str:
    claim.refresh_from_db()
    return claim.state


def test_who_may_change_the_network_there_proves_it(desk: Desk, peeringdb: FakePeeringDb) -> None:
    browser, claim = asking(desk)
    said = back_from(begun(browser, claim))
    assert browser.get("/peeringdb/back", said).status_code == 200
    assert state_of(claim) == ClaimState.STAFF
    assert finished(browser, said).status_code == 302
    assert state_of(claim) == ClaimState.PROVEN
    assert claim.method == ProofMethod.PEERINGDB
    assert claim.evidence["account"] == 3


@pytest.mark.parametrize("networks", ["AS64497", "AS64498"])
def test_who_may_only_read_or_has_nothing_to_do_with_it_proves_nothing(
    desk: Desk, peeringdb: FakePeeringDb, networks: str
) -> None:
    browser, claim = asking(desk, networks)
    finished(browser, back_from(begun(browser, claim)))
    assert state_of(claim) == ClaimState.STAFF
    page = browser.get(f"/requests/{claim.request_id}")
    assert b"may not change the network" in page.content


def test_an_account_that_is_not_verified_proves_nothing(
    desk: Desk, peeringdb: FakePeeringDb
) -> None:
    peeringdb.accounts.profile["verified_user"] = False
    browser, claim = asking(desk)
    finished(browser, back_from(begun(browser, claim)))
    assert state_of(claim) == ClaimState.STAFF


def test_what_comes_back_counts_in_the_browser_that_began_and_once(
    desk: Desk, peeringdb: FakePeeringDb
) -> None:
    browser, claim = asking(desk)
    said = back_from(begun(browser, claim))
    stranger = Client()
    assert stranger.get("/peeringdb/back", said).status_code == 404
    assert stranger.post("/peeringdb/finish", said).status_code == 404
    wrong = {**said, "state": "x" * len(said["state"])}
    assert browser.get("/peeringdb/back", wrong).status_code == 404
    assert browser.post("/peeringdb/finish", wrong).status_code == 404
    # A wrong state ends it, so that nobody can try on.
    assert browser.post("/peeringdb/finish", said).status_code == 404
    assert state_of(claim) == ClaimState.STAFF


def test_a_stranger_cannot_begin_it(desk: Desk, peeringdb: FakePeeringDb) -> None:
    _, claim = asking(desk)
    where = f"/requests/{claim.request_id}/networks/{claim.pk}"
    for path in ("peeringdb", "check"):
        assert Client().post(f"{where}/{path}").status_code == 404
        assert Client().get(f"{where}/{path}").status_code == 405


def test_the_code_of_another_sign_in_is_not_taken(desk: Desk, peeringdb: FakePeeringDb) -> None:
    browser, claim = asking(desk)
    stolen = back_from(begun(browser, claim))["code"]
    said = back_from(begun(browser, claim))
    assert finished(browser, {**said, "code": stolen}).status_code == 302
    assert state_of(claim) == ClaimState.STAFF


def test_who_says_no_there_is_told_that_nothing_is_proven(
    desk: Desk, peeringdb: FakePeeringDb
) -> None:
    peeringdb.accounts.deny = True
    browser, claim = asking(desk)
    page = browser.get("/peeringdb/back", back_from(begun(browser, claim)))
    assert b"nothing is proven" in page.content


@pytest.mark.parametrize("trouble", ["dead", "slow", "large", "broken", "page", "refuse", "self"])
def test_a_peeringdb_in_trouble_proves_nothing_and_the_person_is_told(
    desk: Desk, peeringdb: FakePeeringDb, trouble: str
) -> None:
    browser, claim = asking(desk)
    said = back_from(begun(browser, claim))
    dials = peeringdb.web.dials
    match trouble:
        case "dead":
            dials.dead = "hangs up"
        case "slow":
            dials.slow = True
        case "refuse":
            dials.refuse = 1
        case "self":
            dials.redirect = "self"
        case _:
            dials.lie = trouble  # type: ignore[assignment]
    assert finished(browser, said).status_code == 302
    assert state_of(claim) == ClaimState.STAFF
    page = browser.get(f"/requests/{claim.request_id}")
    assert b"did not tell us who signed in" in page.content


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"networks": None, "id": "x"},
        {"networks": [None, 1, {"asn": "64496", "perms": 15}, {"asn": 64496}]},
        {"networks": [{"asn": True, "perms": 15}, {"asn": 64496, "perms": "15"}]},
        {"networks": [{"asn": 64496, "perms": 13}], "verified_user": 1, "verified_email": 1},
    ],
)
def test_a_profile_of_another_shape_gives_no_right(said: dict[str, Any]) -> None:
    found = profile_of(said)
    assert (found.may_update, found.verified) == ((), False)


def test_without_a_client_there_is_no_such_way(desk: Desk) -> None:
    browser, claim = asking(desk)
    path = f"/requests/{claim.request_id}/networks/{claim.pk}/peeringdb"
    assert browser.post(path).status_code == 404
    assert b"PeeringDB" not in browser.get(f"/requests/{claim.request_id}").content
