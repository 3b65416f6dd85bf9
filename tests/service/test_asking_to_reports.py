"""The thinnest way through: asked, confirmed, proven, approved, and in the snapshot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client
from tests.service.desk import Desk

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.home import Home
from tocsin.engine.nightly.snapshot import read_snapshot
from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.subscribers.models import Organisation, Request, RequestState
from tocsin.service.subscribers.snapshots.writing import write_snapshot
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.facts import RegistryContact, RegistryFacts

FORM = {
    "full_name": "Ada Example",
    "organisation": "Example Access Networks",
    "address": "Ada@example.org",
    "phone": "+1 202 555 0100",
    "networks": "AS64496\n192.0.2.0/24",
    "recipients": "noc@example.org, ada@example.org",
    "contacts": "",
    "note": "",
}


@pytest.mark.django_db(transaction=True)
def test_who_asks_confirms_and_proves_gets_reports(desk: Desk, tmp_path: Path) -> None:
    for name in ("AS64496", "192.0.2.0/24"):
        desk.registry.facts[any_network(name)] = RegistryFacts(
            registry="ripencc",
            handle=name,
            holder="Example Access Networks",
            holder_id="ORG-EX1",
            contacts=(RegistryContact("technical", "abuse@example.org"),),
        )
    browser = Client(enforce_csrf_checks=False)
    assert browser.post("/ask", FORM).status_code == 302
    confirm = desk.link_to("ada@example.org")
    assert browser.get(confirm).status_code == 200
    request = Request.objects.get()
    assert request.state == RequestState.UNCONFIRMED
    followed = browser.post(confirm, {"answer": "confirm"})
    assert followed["Location"] == f"/requests/{request.pk}"

    for letter in desk.letters_to("abuse@example.org"):
        assert "noc@example.org" in letter.body
    proofs = desk.letters_to("abuse@example.org")
    code = str(proofs[0].body).split("nobody else:")[1].split()[0]
    claims = {str(each.network): each for each in request.claims.all()}
    wrong = browser.post(
        f"/requests/{request.pk}", {"claim": claims["AS64496"].pk, "code": "WRONGCODE"}
    )
    assert wrong.status_code == 422
    first = next(n for n in claims if n in str(proofs[0].subject))
    assert (
        browser.post(f"/requests/{request.pk}", {"claim": claims[first].pk, "code": code})
    ).status_code == 302
    Client().post(desk.link_to("abuse@example.org"), {"answer": "approve"})
    request.refresh_from_db()
    assert request.state == RequestState.REVIEW

    staff = desk.signed_in(desk.reviewer())
    page = staff.get("/staff/requests/")
    assert b"Example Access Networks" in page.content
    staff.post(
        f"/staff/requests/{request.pk}/decide",
        {"decision": "approve", "claim": [each.pk for each in claims.values()]},
    )
    request.refresh_from_db()
    assert request.state == RequestState.APPROVED
    organisation = Organisation.objects.get()
    assert organisation.slug == "example-access-networks"

    written = write_snapshot(Home(tmp_path), clock.now())
    snapshot = read_snapshot(written.path, load_catalogue())
    assert {str(each.name) for each in snapshot.lists.values()} == {"example-access-networks"}
    again = write_snapshot(Home(tmp_path), clock.now())
    assert (again.version, again.is_new) == (1, False)
    assert json.loads(written.path.read_text())["organisations"][0]["id"] == organisation.slug
    verbs = list(AuditLine.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs[:2] == ["request.made", "request.confirmed"]
    assert "organisation.founded" in verbs
