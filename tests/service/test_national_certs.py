"""National CERTs: what they may see of others, and what proves that they are ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from tests.service.desk import Desk, now
from tests.service.founded import admin_of, founded

from tocsin.engine.home import Home
from tocsin.model.errors import InputError, UsageError
from tocsin.service.audit.models import ActorKind, AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.delegating import delegate, seen_by, withdraw
from tocsin.service.subscribers.models import (
    Claim,
    Delegation,
    DelegationLevel,
    NetworkState,
    Request,
    RequestChannel,
    RequestState,
)
from tocsin.service.verification.cert_directory import keep, kept, matches, read_directory

STAFF = Actor(ActorKind.STAFF, "reviewer@tocsin.example.org")


def test_a_national_cert_sees_nothing_unless_staff_say_so_and_never_more(desk: Desk) -> None:
    cert = founded("cert-xx", "XX", country="XX")
    founded("here", "192.0.2.0/24", country="XX")
    founded("elsewhere", "AS64496", country="XA")
    both = founded("both", "AS64497", "198.51.100.0/24", country="XA")
    both.networks.filter(kind="asn").update(facts={"country": "XX"})
    browser = desk.signed_in(admin_of(cert))
    page = "/organisations/cert-xx/country/"

    def shown() -> str:
        answer = browser.get(page)
        assert answer.status_code == 200
        return str(answer.content.decode())

    assert "192.0.2.0/24" not in shown()
    delegate(cert, "XX", DelegationLevel.NAMES, "agreement of 2026", STAFF, now())
    names = shown()
    assert "192.0.2.0/24" in names
    assert "AS64497" in names
    for unseen in ("198.51.100.0/24", "AS64496", "Elsewhere", "admin@here.example.org", "Ada"):
        assert unseen not in names
    delegate(cert, "XX", DelegationLevel.CONTACTS, "agreement of 2026", STAFF, now())
    assert "admin@here.example.org" in shown()
    assert "admin@elsewhere.example.org" not in shown()
    assert withdraw(cert, "XX", "ended", STAFF, now())
    assert not withdraw(cert, "XX", "ended", STAFF, now())
    assert "192.0.2.0/24" not in shown()
    verbs = AuditLine.objects.filter(verb__startswith="delegation.").values_list("verb", flat=True)
    assert list(verbs) == ["delegation.withdrawn", "delegation.granted", "delegation.granted"]


def test_nobody_else_opens_the_page_of_a_country(desk: Desk) -> None:
    founded("cert-xx", "XX", country="XX")
    other = founded("here", "192.0.2.0/24", country="XX")
    browser = desk.signed_in(admin_of(other))
    assert browser.get("/organisations/cert-xx/country/").status_code == 404
    assert browser.get("/organisations/here/country/").status_code == 404
    assert Client().get("/organisations/cert-xx/country/").status_code == 302
    for path in ("/staff/certs/cert-xx/", "/staff/certs/cert-xx/delegate"):
        assert browser.post(path).status_code == 403


def test_a_cert_that_no_longer_answers_for_the_country_sees_nothing(desk: Desk) -> None:
    cert = founded("cert-xx", "XX", country="XX")
    founded("here", "192.0.2.0/24", country="XX")
    delegate(cert, "XX", DelegationLevel.CONTACTS, "agreement", STAFF, now())
    cert.networks.update(state=NetworkState.FROZEN)
    page = desk.signed_in(admin_of(cert)).get("/organisations/cert-xx/country/")
    assert b"192.0.2.0/24" not in page.content


def test_a_delegation_is_for_a_national_cert_and_its_own_country_with_a_note(desk: Desk) -> None:
    cert, owner = founded("cert-xx", "XX"), founded("owner", "AS64496", country="XX")
    for who, country, note in ((cert, "XA", "n"), (owner, "XX", "n"), (cert, "XX", " ")):
        with pytest.raises(UsageError):
            delegate(who, country, DelegationLevel.NAMES, note, STAFF, now())
    first = delegate(cert, "XX", DelegationLevel.NAMES, "n", STAFF, now())
    delegate(cert, "XX", DelegationLevel.NAMES, "n", STAFF, now())
    assert AuditLine.objects.filter(verb="delegation.granted").count() == 1
    assert [each.name for each in seen_by(cert, first)] == ["Owner"]


def test_staff_grant_and_withdraw_on_the_page_of_the_cert(desk: Desk) -> None:
    founded("cert-xx", "XX")
    staff = desk.signed_in(desk.reviewer())
    form = {"country": "XX", "level": "names", "note": "agreement"}
    staff.post("/staff/certs/cert-xx/delegate", form)
    assert b"agreement" in staff.get("/staff/certs/cert-xx/").content
    assert Delegation.objects.get().level == "names"
    staff.post("/staff/certs/cert-xx/delegate", {**form, "level": ""})
    assert not Delegation.objects.exists()
    assert staff.get("/staff/certs/none/").status_code == 404


def test_a_directory_says_which_team_has_the_domain_and_whether_the_country_fits(
    tmp_path: Path,
) -> None:
    path = tmp_path / "teams.csv"
    path.write_text(
        "name,country,domains,link,directory\n"
        "CERT XX,xx,cert.example.org;example.net,https://example.org/teams/1,FIRST\n"
        "Other,XA,example.org,,TF-CSIRT\n"
        "No country,,example.com,,\n"
    )
    teams, problems = read_directory(path)
    assert [each.line for each in problems] == [4]
    found = matches(teams, ["cert.example.org"], ["XX"])
    assert [(each.team.name, each.same_country) for each in found] == [
        ("CERT XX", True),
        ("Other", False),
    ]
    assert not matches(teams, ["notexample.org"], ["XX"])
    keep(Home(tmp_path), teams)
    assert kept(Home(tmp_path)) == teams
    json_path = tmp_path / "teams.json"
    json_path.write_text('[{"name": "A", "country": "XX", "domains": ["example.org"]}, 3]')
    teams, problems = read_directory(json_path)
    assert (len(teams), len(problems)) == (1, 1)
    path.write_text("a,b\n")
    with pytest.raises(InputError):
        read_directory(path)


def test_documents_are_kept_with_the_claim_until_it_is_decided(desk: Desk) -> None:
    asked = Request.objects.create(
        kind="new",
        channel=RequestChannel.WEB,
        state=RequestState.REVIEW,
        organisation_name="CERT XX",
        requester="ada@cert.example.org",
        wanted={},
        made_at=now(),
    )
    claim = Claim.objects.create(request=asked, kind="country", value="XX")
    staff = desk.signed_in(desk.reviewer())
    page = f"/staff/claims/{claim.pk}/documents"
    assert staff.get(page).status_code == 200
    form = {"link": "https://example.org/teams/1", "text": "<b>CERT XX is the team</b>"}
    for _ in range(2):
        staff.post(page, form)
    for wrong in ({"link": "javascript:alert(1)"}, {}):
        staff.post(page, wrong)
    claim.refresh_from_db()
    assert [each["text"] for each in claim.evidence["documents"]] == [form["text"]]
    assert b"<b>CERT" not in staff.get(page).content
    Request.objects.update(state=RequestState.REFUSED)
    staff.post(page, {"text": "too late"})
    claim.refresh_from_db()
    assert len(claim.evidence["documents"]) == 1
    assert AuditLine.objects.filter(verb="claim.document_kept").count() == 1
