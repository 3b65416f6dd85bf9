"""A change of a feed, from what was said to the night's snapshot."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.service.desk import Desk, links_in
from tests.service.feeds import contact, feed, registered

from tocsin.catalogue.load import load_catalogue
from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.subscribers.changes.changing import answer_change, open_change
from tocsin.service.subscribers.changes.value import NamedContact, WantedChange
from tocsin.service.subscribers.models import (
    Change,
    Contact,
    ContactRole,
    Network,
    Recipient,
    Request,
    RequestChannel,
    RequestState,
)
from tocsin.service.subscribers.requests.asking import Arrival
from tocsin.service.subscribers.snapshots.writing import snapshot_of
from tocsin.service.subscribers.values import any_network


def mail(address: str) -> Arrival:
    return Arrival(RequestChannel.MAIL, address, "<mail.1@example.org>", {"dkim": "pass"})


ACQUIRED = WantedChange(
    add=(any_network("AS64500"),),
    total=tuple(any_network(each) for each in ("AS64496", "AS64497", "AS64500")),
)
"""We recently acquired a new ASN, AS64500. Please add this to our feed, so that the total feed
covers AS64496, AS64497 and AS64500."""


def test_the_sentence_of_an_acquired_network_goes_the_whole_way(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    registered(desk, "AS64500")
    request = open_change(isp.people["ada"], ACQUIRED, mail("ada@example.org"), clock.now())
    assert request.state == RequestState.UNCONFIRMED
    assert isp.networks() == {"AS64496", "AS64497"}
    assert "ada@example.org" in str(desk.letters_to("ben@example.org")[-1].body)

    browser = isp.browser(desk, "ben")
    link = desk.link_to("ben@example.org")
    assert b"AS64500" in browser.get(link).content
    request.refresh_from_db()
    assert request.state == RequestState.UNCONFIRMED
    followed = browser.post(link, {"answer": "confirm"})
    assert followed["Location"] == f"/requests/{request.pk}"
    for who in ("ada", "ben"):
        letters = desk.letters_to(f"{who}@example.org")
        told = next(each for each in letters if "has been changed" in each.subject)
        assert "AS64500 asked for" in told.body

    proof = desk.letters_to("abuse@example.org")[-1]
    assert "noc@example.org" in proof.body
    browser.post(links_in(proof)[-1], {"answer": "approve"})
    request.refresh_from_db()
    assert request.state == RequestState.REVIEW
    assert isp.networks() == {"AS64496", "AS64497"}

    claim = request.claims.get()
    desk.signed_in(desk.reviewer()).post(
        f"/staff/requests/{request.pk}/decide", {"decision": "approve", "claim": [claim.pk]}
    )
    assert isp.networks() == {"AS64496", "AS64497", "AS64500"}
    assert isp.organisation.lists.count() == 1
    assert isp.organisation.contacts.count() == 2
    assert set(Recipient.objects.values_list("address", flat=True)) == {"noc@example.org"}
    said = snapshot_of(clock.now(), load_catalogue())["organisations"][0]["networks"]
    assert {each["asn"] for each in said} == {64496, 64497, 64500}
    assert any("AS64500 added" in each.body for each in desk.letters_to("ben@example.org"))
    verbs = list(AuditLine.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs[0] == "request.made"
    for verb in ("request.confirmed", "claim.proven", "request.approved", "network.added"):
        assert verb in verbs


def test_a_total_that_does_not_fit_is_asked_about_and_the_answer_continues(desk: Desk) -> None:
    isp = feed("AS64496", "AS64498")
    request = open_change(isp.people["ada"], ACQUIRED, mail("ada@example.org"), clock.now())
    assert request.state == RequestState.ASKED
    letters = desk.letters_to("ada@example.org")
    assert len(letters) == 1
    assert "In your total, and not in ours: AS64497." in letters[0].body
    assert "In ours, and not in your total: AS64498." in letters[0].body
    assert not desk.letters_to("ben@example.org")
    later = WantedChange(add=ACQUIRED.add)
    assert not answer_change(request, later, mail("ben@example.org"), clock.now())
    assert answer_change(request, later, mail("ada@example.org"), clock.now())
    request.refresh_from_db()
    assert request.state == RequestState.UNCONFIRMED
    assert desk.letters_to("ben@example.org")
    assert isp.networks() == {"AS64496", "AS64498"}


def test_the_only_admin_confirms_in_the_portal(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497", admins=("ada",))
    change = WantedChange(remove=(any_network("AS64497"),))
    request = open_change(isp.people["ada"], change, mail("ada@example.org"), clock.now())
    letter = desk.letters_to("ada@example.org")[-1]
    assert links_in(letter) == []
    browser = isp.browser(desk, "ada")
    page = isp.page(f"changes/{request.pk}")
    assert b"Confirm the change" in browser.get(page).content
    browser.post(f"{page}/confirm", {"turn": request.round})
    assert isp.networks() == {"AS64496"}
    ended = Network.objects.get(value="64497")
    assert (ended.state, ended.valid_to) == ("ended", clock.now())
    request.refresh_from_db()
    assert request.state == RequestState.APPROVED


def test_people_recipients_and_preferences_change_when_confirmed(desk: Desk) -> None:
    isp = feed("AS64496", recipients=("noc@example.org", "old@example.org"), members=("max",))
    change = WantedChange(
        add_recipients=("desk@example.org", "soc@example.net"),
        remove_recipients=("old@example.org",),
        add_contacts=(NamedContact("eve@example.org", "Eve Example"),),
        remove_contacts=(NamedContact("", "Max Example"),),
        preferences={"format": "json", "compressed": "no"},
    )
    open_change(isp.people["ada"], change, mail("ada@example.org"), clock.now())
    desk.signed_in(isp.people["ben"].account).post(  # type: ignore[arg-type]
        desk.link_to("ben@example.org"), {"answer": "confirm"}
    )
    states = dict(Recipient.objects.values_list("address", "state"))
    assert states == {
        "noc@example.org": "active",
        "old@example.org": "removed",
        "desk@example.org": "unconfirmed",
        "soc@example.net": "unconfirmed",
    }
    waits = Recipient.objects.get(address="soc@example.net").active_from
    assert waits == clock.now() + dt.timedelta(hours=72)
    mailing_list = isp.organisation.lists.get()
    assert (mailing_list.format, mailing_list.compressed) == ("json", False)
    assert Contact.objects.get(address="max@example.org").state == "removed"
    eve = Contact.objects.get(address="eve@example.org")
    assert (eve.state, eve.role, eve.account) == ("unconfirmed", "member", None)
    browser = isp.browser(desk, "ada")
    browser.post(desk.link_to("eve@example.org"))
    eve.refresh_from_db()
    assert eve.state == "active"
    assert eve.account is not None
    assert desk.signed_in(eve.account).get(isp.page()).status_code == 200


def test_a_contact_of_several_organisations_is_asked_which_is_meant(desk: Desk) -> None:
    first = feed("AS64496", "AS64497")
    second = feed("AS64498", slug="second-isp", admins=(), members=())
    contact(second.organisation, "ada", "ada@example.org", ContactRole.ADMIN)
    change = WantedChange(remove=(any_network("AS64497"),))
    request = open_change(first.people["ada"], change, mail("ada@example.org"), clock.now())
    assert (request.state, request.organisation) == (RequestState.ASKED, None)
    letter = desk.letters_to("ada@example.org")[-1]
    links = links_in(letter)
    assert len(links) == 2
    which = str(letter.body).index("Example Isp") < str(letter.body).index("Second Isp")
    browser = first.browser(desk, "ada")
    browser.post(links[0 if which else 1])
    request.refresh_from_db()
    assert request.organisation == first.organisation
    assert request.state == RequestState.UNCONFIRMED
    browser.post(links[1 if which else 0])
    request.refresh_from_db()
    assert request.organisation == first.organisation


def test_a_draft_that_does_not_fit_any_more_is_asked_about_when_it_is_confirmed(
    desk: Desk,
) -> None:
    isp = feed("AS64496", "AS64497")
    change = WantedChange(remove=(any_network("AS64497"),))
    request = open_change(isp.people["ada"], change, mail("ada@example.org"), clock.now())
    link = desk.link_to("ben@example.org")
    network = Network.objects.get(value="64497")
    browser = isp.browser(desk, "ben")
    browser.post(isp.page(f"networks/{network.pk}/end"), {"sure": "yes"})
    assert b"Nothing was changed" in browser.post(link, {"answer": "confirm"}).content
    request.refresh_from_db()
    assert request.state == RequestState.ASKED
    assert "not on file" in desk.letters_to("ada@example.org")[-1].body


def test_a_question_of_staff_leads_through_a_new_confirmation_to_the_same_claims(
    desk: Desk,
) -> None:
    isp = feed("AS64496")
    registered(desk, "AS64500", "AS64501")
    change = WantedChange(
        add=tuple(any_network(each) for each in ("AS64500", "AS64501")),
        add_recipients=("desk@example.org",),
    )
    request = open_change(isp.people["ada"], change, mail("ada@example.org"), clock.now())
    browser = isp.browser(desk, "ben")
    browser.post(desk.link_to("ben@example.org"), {"answer": "confirm"})
    for letter in desk.letters_to("abuse@example.org"):
        browser.post(links_in(letter)[-1], {"answer": "approve"})
    staff = desk.signed_in(desk.reviewer())
    staff.post(
        f"/staff/requests/{request.pk}/decide", {"decision": "ask", "words": "Only AS64500?"}
    )
    later = WantedChange(add=(any_network("AS64500"),))
    assert answer_change(request, later, mail("ada@example.org"), clock.now())
    browser.post(desk.link_to("ben@example.org"), {"answer": "confirm"})
    request.refresh_from_db()
    states = {str(each.network): each.state for each in request.claims.all()}
    assert states == {"AS64500": "proven", "AS64501": "refused"}
    assert request.state == RequestState.REVIEW


def test_a_first_network_of_a_kind_makes_a_list_for_those_who_get_reports_now(
    desk: Desk,
) -> None:
    isp = feed("AS64496", recipients=("noc@example.org", "soc@example.net"))
    desk.registry.facts.clear()
    browser = isp.browser(desk, "ada")
    answer = browser.post(isp.page("networks/add"), {"networks": "192.0.2.0/24"})
    request = Request.objects.get()
    assert answer["Location"] == isp.page(f"changes/{request.pk}")
    desk.work()
    claim = request.claims.get()
    assert claim.state == "staff"
    desk.signed_in(desk.reviewer()).post(
        f"/staff/requests/{request.pk}/decide",
        {"decision": "approve", "claim": [claim.pk], "note": "seen the contract"},
    )
    made = isp.organisation.lists.get(filter="cidr")
    states = dict(made.recipients.values_list("address", "state"))
    assert states == {"noc@example.org": "active", "soc@example.net": "waiting"}


@pytest.mark.parametrize("who", ["ada", "max"])
def test_a_member_may_ask_by_mail_and_an_admin_confirms(desk: Desk, who: str) -> None:
    isp = feed("AS64496", "AS64497", members=("max",))
    change = WantedChange(remove=(any_network("AS64497"),))
    address = f"{who}@example.org"
    request = open_change(isp.people[who], change, mail(address), clock.now())
    asked = [
        name
        for name in ("ada", "ben", "max")
        if any("Is this change" in each.subject for each in desk.letters_to(f"{name}@example.org"))
    ]
    assert asked == (["ben"] if who == "ada" else ["ada", "ben"])
    answer = isp.browser(desk, "ben").post(
        isp.page(f"changes/{request.pk}/confirm"), {"turn": request.round}
    )
    assert answer.status_code == 302
    assert isp.networks() == {"AS64496"}
    assert Change.objects.get().by == "ben@example.org"


def test_what_nobody_confirms_is_dropped_after_a_month(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    change = WantedChange(remove=(any_network("AS64497"),))
    request = open_change(isp.people["ada"], change, mail("ada@example.org"), clock.now())
    link = desk.link_to("ben@example.org")
    desk.pass_time(dt.timedelta(days=29))
    desk.work()
    request.refresh_from_db()
    assert request.state == RequestState.UNCONFIRMED
    desk.pass_time(dt.timedelta(days=1))
    desk.work()
    request.refresh_from_db()
    assert request.state == RequestState.WITHDRAWN
    isp.browser(desk, "ben").post(link, {"answer": "confirm"})
    assert isp.networks() == {"AS64496", "AS64497"}


def test_a_closed_organisation_changes_in_no_way(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    isp.organisation.state = "closed"
    isp.organisation.save()
    change = WantedChange(remove=(any_network("AS64497"),))
    request = open_change(isp.people["ada"], change, mail("ada@example.org"), clock.now())
    assert request.state == RequestState.REFUSED
    assert "is closed" in desk.letters_to("ada@example.org")[-1].body
    answer = isp.browser(desk, "ada").post(isp.page("networks/add"), {"networks": "AS64500"})
    assert "is closed" in answer.content.decode()
