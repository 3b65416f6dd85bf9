"""Tricks to see what is another's, to keep what one had, and to get round a time of waiting."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from tests.service.desk import Desk, links_in, now
from tests.service.feeds import feed
from tests.service.proven import asked, claim_of, contact, facts, registered
from tests.service.subscribed import subscribed

from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.service.subscribers.changes.freezing import unfreeze
from tocsin.service.subscribers.lists.editing import addressees, on_file
from tocsin.service.subscribers.models import (
    Contact,
    ContactState,
    ListMode,
    Network,
    Organisation,
    ProofMethod,
    Recipient,
    RecipientState,
    Request,
    RequestChannel,
)
from tocsin.service.subscribers.requests.asking import Arrival, open_request
from tocsin.service.subscribers.requests.deciding import approve
from tocsin.service.subscribers.wanted import Wanted
from tocsin.service.verification.claims import prove

TECH = contact("technical", "tech@example.org")

# --- the time of waiting ------------------------------------------------------------------------


def test_nobody_who_still_waits_is_the_tester_of_a_list(desk: Desk) -> None:
    each = subscribed()
    wait = dt.timedelta(hours=72)
    each.recipient("thief@example.net", state=RecipientState.WAITING, active_from=now() + wait)
    testers = on_file(each.organisation, FilterKind.ASN).testers
    assert "thief@example.net" not in testers
    desk.pass_time(wait)
    desk.work()
    assert "thief@example.net" in on_file(each.organisation, FilterKind.ASN).testers


@pytest.mark.parametrize("state", [RecipientState.LEFT, RecipientState.REMOVED])
def test_a_tester_who_has_gone_gets_nothing_more(desk: Desk, state: str) -> None:
    each = subscribed()
    gone = each.recipient("tester@example.net")
    each.list.mode, each.list.redirect_to = ListMode.REDIRECT, gone.address
    each.list.save()
    assert addressees(each.list, now()) == ["tester@example.net"]
    Recipient.objects.filter(pk=gone.pk).update(state=state)
    assert addressees(each.list, now()) == []


def test_a_contact_who_was_removed_tests_nothing_more(desk: Desk) -> None:
    each = subscribed()
    each.list.mode, each.list.redirect_to = ListMode.REDIRECT, each.admin.address
    each.list.save()
    assert addressees(each.list, now()) == [each.admin.address]
    each.admin.state = ContactState.REMOVED
    each.admin.save()
    assert addressees(each.list, now()) == []


def test_a_free_mail_domain_is_never_an_organisations_own(desk: Desk) -> None:
    """Else anybody there would get reports without the time of waiting."""
    registered(desk, "192.0.2.0/24", facts(TECH))
    request = asked(desk, "192.0.2.0/24", requester="ada@gmail.com")
    claim = claim_of(request, "192.0.2.0/24")
    prove(claim, ProofMethod.DNS, {"names": ["x"]}, now())
    assert approve(request, (claim.pk,), desk.reviewer(), "", now())
    assert Organisation.objects.get().mail_domains == []


def test_who_asks_on_the_web_from_free_mail_is_told_to_use_the_organisations(desk: Desk) -> None:
    said = {
        "full_name": "Ada Example",
        "organisation": "Example",
        "address": "ada@gmail.com",
        "phone": "+12025550100",
        "networks": "AS64496",
        "recipients": "noc@example.org",
    }
    answer = Client().post("/ask", said)
    assert answer.status_code == 422
    assert "organisation" in answer.content.decode()
    assert not Request.objects.exists()


# --- after one has gone -------------------------------------------------------------------------


def test_who_was_removed_follows_no_request_of_the_organisation_any_more(desk: Desk) -> None:
    """Not by the browser either in which they go on as a contact of another one."""
    isp = feed("AS64496")
    browser = isp.browser(desk, "ada")
    other = subscribed("beta", domain="example.com")
    Contact.objects.filter(pk=other.admin.pk).update(
        address="ada@example.org", account=isp.people["ada"].account
    )
    browser.post(isp.page("networks/add"), {"networks": "192.0.2.0/24"})
    request = Request.objects.get()
    page = f"/requests/{request.pk}"
    assert browser.get(page).status_code == 200
    isp.browser(desk, "ben").post(
        isp.page(f"people/{isp.people['ada'].pk}/remove"), {"sure": "yes"}
    )
    assert browser.get(page).status_code == 404
    claim = request.claims.get()
    assert browser.post(f"{page}/networks/{claim.pk}/check").status_code == 404
    assert browser.post(page, {"claim": claim.pk, "code": "ABCDEFGH"}).status_code == 404


def test_who_has_gone_freezes_a_feed_once_and_not_with_every_letter(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497", "AS64498")
    admin = isp.browser(desk, "ada")
    for each in Network.objects.order_by("pk")[:2]:
        admin.post(isp.page(f"networks/{each.pk}/end"), {"sure": "yes"})
    links = [told for letter in desk.letters_to("ben@example.org") for told in links_in(letter)]
    assert len(links) == 2
    admin.post(isp.page(f"people/{isp.people['ben'].pk}/remove"), {"sure": "yes"})
    Client().post(links[0])
    isp.organisation.refresh_from_db()
    assert isp.organisation.state == "frozen"
    unfreeze(isp.organisation, desk.reviewer(), "He was dismissed.", now())
    Client().post(links[1])
    isp.organisation.refresh_from_db()
    assert isp.organisation.state == "active"


# --- what others have ---------------------------------------------------------------------------


def test_the_name_of_a_list_does_not_tell_who_else_subscribes(desk: Desk) -> None:
    subscribed("zzbank", domain="example.com")
    each = subscribed("alpha")
    browser = desk.signed_in(each.account)
    page = browser.get("/organisations/alpha/lists/new/asn").content.decode()
    assert "zzbank" not in page
    form = {
        "which": "all",
        "least_severity": "medium",
        "format": "json",
        "delivery": "digest",
        "except_types": [],
        "language": "en",
        "mode": "shadow",
    }
    here = browser.post("/organisations/alpha/lists/new/asn", {**form, "name": "zzbank"})
    free = browser.post("/organisations/alpha/lists/new/asn", {**form, "name": "nobody-there"})
    assert here.status_code == free.status_code


# --- hostile text -------------------------------------------------------------------------------


def test_a_claim_that_is_no_number_is_not_found(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    request = asked(desk, "192.0.2.0/24")
    browser = Client()
    session = browser.session
    session["requests"] = [request.pk]
    session.save()
    for said in ("x", "-1", "9" * 30, "9" * 5000, "٣", "1.5", "\0"):
        answer = browser.post(f"/requests/{request.pk}", {"claim": said, "code": "x"})
        assert answer.status_code == 404, said


@pytest.mark.parametrize(
    "query",
    ["before=" + "1" * 5000, "until=9999-12-31", "since=0001-01-01", "request=" + "9" * 5000],
)
def test_the_audit_is_searched_for_whatever_is_typed(desk: Desk, query: str) -> None:
    browser = desk.signed_in(desk.reviewer())
    assert browser.get(f"/staff/audit/?{query}").status_code == 200


def test_open_request_of_web_takes_any_text(desk: Desk) -> None:
    wanted = Wanted(full_name="=cmd|' /C calc'!A0", organisation="<script>alert(1)</script>")
    open_request(wanted, Arrival(RequestChannel.WEB, "ada@example.org"), now())
    browser = desk.signed_in(desk.reviewer())
    page = browser.get("/staff/requests/" + str(Request.objects.get().pk)).content.decode()
    assert "<script>alert" not in page
