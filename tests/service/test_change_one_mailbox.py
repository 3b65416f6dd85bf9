"""Whoever holds one mailbox gains no rows; "this was not us" makes the feed stand still."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from tests.service.desk import Desk, links_in
from tests.service.feeds import feed, registered, told_link

from tocsin.catalogue.load import load_catalogue
from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.subscribers.changes import freezing
from tocsin.service.subscribers.models import (
    Change,
    Contact,
    Network,
    Recipient,
    RequestState,
)
from tocsin.service.subscribers.models import Request as Asked
from tocsin.service.subscribers.recipients.membership import sent_to
from tocsin.service.subscribers.snapshots.writing import snapshot_of

# --- one mailbox ------------------------------------------------------------------------------


def test_an_admin_who_is_removed_is_told_and_can_stop_the_feed(desk: Desk) -> None:
    isp = feed("AS64496", members=("max",))
    thief = isp.browser(desk, "ada")
    thief.post(isp.page(f"people/{isp.people['ben'].pk}/remove"), {"sure": "yes"})
    link = told_link(desk, "ben@example.org")
    Client().post(link)
    isp.organisation.refresh_from_db()
    assert isp.organisation.state == "frozen"
    assert snapshot_of(clock.now(), load_catalogue())["organisations"] == []


def test_the_others_are_told_where_there_is_but_one_admin(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497", admins=("ada",), members=("max",))
    network = isp.organisation.networks.first()
    assert network is not None
    isp.browser(desk, "ada").post(isp.page(f"networks/{network.pk}/end"), {"sure": "yes"})
    assert told_link(desk, "max@example.org")


@pytest.mark.parametrize("kind", ["person", "role"])
def test_a_recipient_elsewhere_waits_and_is_taken_away_on_objection(desk: Desk, kind: str) -> None:
    isp = feed("AS64496")
    mailing_list = isp.organisation.lists.get()
    number = mailing_list.pk
    thief = isp.browser(desk, "ada")
    thief.post(
        isp.page(f"recipients/{number}/add"),
        {f"{number}-address": "thief@example.net", f"{number}-kind": kind},
    )
    if kind == "person":
        Client().post(desk.link_to("thief@example.net"))
    desk.pass_time(dt.timedelta(hours=71))
    assert [each.address for each in sent_to(mailing_list, clock.now())] == ["noc@example.org"]
    Client().post(told_link(desk, "ben@example.org"))
    desk.pass_time(dt.timedelta(hours=71))
    assert [each.address for each in sent_to(mailing_list, clock.now())] == ["noc@example.org"]
    assert Recipient.objects.get(address="thief@example.net").state == "removed"


def test_a_contact_elsewhere_waits_before_they_may_sign_in(desk: Desk) -> None:
    isp = feed("AS64496")
    isp.browser(desk, "ada").post(
        isp.page("people/add"),
        {"full_name": "Eve", "address": "eve@example.net", "role": "admin"},
    )
    Client().post(desk.link_to("eve@example.net"))
    eve = Contact.objects.get(address="eve@example.net")
    assert (eve.state, eve.account) == ("waiting", None)
    desk.pass_time(dt.timedelta(hours=71))
    desk.work()
    eve.refresh_from_db()
    assert eve.state == "waiting"
    desk.pass_time(dt.timedelta(hours=2))
    desk.work()
    eve.refresh_from_db()
    assert eve.is_admin
    assert eve.account is not None


def test_nobody_is_let_in_while_the_feed_is_frozen_and_the_wait_begins_anew(desk: Desk) -> None:
    isp = feed("AS64496")
    browser = isp.browser(desk, "ada")
    for name in ("eve", "fay"):
        browser.post(
            isp.page("people/add"),
            {"full_name": name, "address": f"{name}@example.net", "role": "member"},
        )
    for name in ("eve", "fay"):
        Client().post(desk.link_to(f"{name}@example.net"))
    Client().post(told_link(desk, "ben@example.org"))
    desk.pass_time(dt.timedelta(hours=100))
    desk.work()
    states = dict(Contact.objects.values_list("full_name", "state"))
    assert (states["eve"], states["fay"]) == ("waiting", "removed")
    freezing.unfreeze(isp.organisation, desk.reviewer(), "spoke to Ben", clock.now())
    desk.pass_time(dt.timedelta(hours=71))
    desk.work()
    assert Contact.objects.get(full_name="eve").state == "waiting"
    desk.pass_time(dt.timedelta(hours=2))
    desk.work()
    assert Contact.objects.get(full_name="eve").state == "active"


def test_who_was_removed_for_a_reason_does_not_come_back_by_objecting(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    browser = isp.browser(desk, "ada")
    browser.post(isp.page(f"people/{isp.people['ben'].pk}/remove"), {"sure": "yes"})
    Client().post(told_link(desk, "ben@example.org"))
    ben = Contact.objects.get(address="ben@example.org")
    assert ben.state == "removed"
    change = Change.objects.get()
    freezing.unfreeze(
        isp.organisation, desk.reviewer(), "was a theft", clock.now(), restore=(change.pk,)
    )
    ben.refresh_from_db()
    assert ben.is_admin
    assert isp.browser(desk, "ben").get(isp.page()).status_code == 200


def test_a_network_that_was_sold_is_not_reported_again_by_objecting(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    network = Network.objects.get(value="64497")
    isp.browser(desk, "ada").post(isp.page(f"networks/{network.pk}/end"), {"sure": "yes"})
    Client().post(told_link(desk, "ben@example.org"))
    assert isp.networks() == {"AS64496"}


def test_the_last_admin_stays(desk: Desk) -> None:
    isp = feed("AS64496", admins=("ada",), members=("max",))
    browser = isp.browser(desk, "ada")
    ada = isp.people["ada"]
    browser.post(isp.page(f"people/{ada.pk}/remove"), {"sure": "yes"})
    browser.post(isp.page(f"people/{ada.pk}/role"), {"role": "member"})
    ada.refresh_from_db()
    assert ada.is_admin
    assert not Change.objects.exists()


def test_a_promotion_is_told_to_all_admins_and_taken_back_on_objection(desk: Desk) -> None:
    isp = feed("AS64496", members=("max",))
    maxim = isp.people["max"]
    isp.browser(desk, "ada").post(isp.page(f"people/{maxim.pk}/role"), {"role": "admin"})
    maxim.refresh_from_db()
    assert maxim.is_admin
    Client().post(told_link(desk, "ben@example.org"))
    maxim.refresh_from_db()
    assert maxim.role == "member"


# --- frozen -----------------------------------------------------------------------------------


def test_a_request_in_review_is_not_approved_while_the_feed_is_frozen(desk: Desk) -> None:
    isp = feed("AS64496")
    browser = isp.browser(desk, "ada")
    registered(desk, "AS64500")
    browser.post(isp.page("networks/add"), {"networks": "AS64500"})
    first = told_link(desk, "ben@example.org")
    browser.post(
        isp.page("people/add"),
        {"full_name": "Eve", "address": "eve@example.org", "role": "member"},
    )
    later = told_link(desk, "ben@example.org")
    browser.post(links_in(desk.letters_to("abuse@example.org")[-1])[-1], {"answer": "approve"})
    Client().post(later)
    request = Asked.objects.get()
    assert request.state == RequestState.REVIEW
    staff = desk.signed_in(desk.reviewer())
    staff.post(
        f"/staff/requests/{request.pk}/decide",
        {"decision": "approve", "claim": [request.claims.get().pk]},
    )
    assert isp.networks() == {"AS64496"}
    Client().post(first)
    request.refresh_from_db()
    assert request.state == RequestState.WITHDRAWN


@pytest.mark.parametrize("is_last", [True, False])
def test_networks_that_were_added_are_frozen_when_somebody_objects(
    desk: Desk, *, is_last: bool
) -> None:
    isp = feed("AS64496")
    registered(desk, "AS64500")
    browser = isp.browser(desk, "ada")
    browser.post(isp.page("networks/add"), {"networks": "AS64500"})
    browser.post(links_in(desk.letters_to("abuse@example.org")[-1])[-1], {"answer": "approve"})
    request = Asked.objects.get()
    reviewer = desk.reviewer()
    desk.signed_in(reviewer).post(
        f"/staff/requests/{request.pk}/decide",
        {"decision": "approve", "claim": [request.claims.get().pk]},
    )
    link = told_link(desk, "ben@example.org")
    if not is_last:
        person = {"full_name": "Eve", "address": "eve@example.org", "role": "member"}
        browser.post(isp.page("people/add"), person)
    Client().post(link)
    added = Network.objects.get(value="64500")
    assert added.state == "frozen"
    assert desk.letters_to(reviewer.email)
    freezing.unfreeze(isp.organisation, reviewer, "it is theirs", clock.now())
    assert isp.networks() == {"AS64496"}
    with pytest.raises(UsageError):
        freezing.unfreeze(isp.organisation, reviewer, "twice", clock.now())


def test_a_link_that_stopped_the_feed_once_does_not_stop_it_again(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    network = Network.objects.get(value="64497")
    isp.browser(desk, "ada").post(isp.page(f"networks/{network.pk}/end"), {"sure": "yes"})
    ada, ben = (told_link(desk, f"{who}@example.org") for who in ("ada", "ben"))
    Client().post(ben)
    with pytest.raises(UsageError, match="reason"):
        freezing.unfreeze(isp.organisation, desk.reviewer(), " ", clock.now())
    reviewer = desk.reviewer("second@tocsin.example.org")
    freezing.unfreeze(isp.organisation, reviewer, "a mistake", clock.now())
    for link in (ada, ben):
        Client().post(link)
    isp.organisation.refresh_from_db()
    assert isp.organisation.state == "active"


def test_a_link_is_void_after_a_month(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    network = Network.objects.get(value="64497")
    isp.browser(desk, "ada").post(isp.page(f"networks/{network.pk}/end"), {"sure": "yes"})
    link = told_link(desk, "ben@example.org")
    desk.pass_time(dt.timedelta(days=31))
    assert b"not valid any more" in Client().post(link).content
    isp.organisation.refresh_from_db()
    assert isp.organisation.state == "active"


def test_what_is_not_the_last_change_is_left_for_staff_but_the_feed_stands_still(
    desk: Desk,
) -> None:
    isp = feed("AS64496", members=("max",))
    browser = isp.browser(desk, "ada")
    number = isp.organisation.lists.get().pk
    browser.post(
        isp.page(f"recipients/{number}/add"),
        {f"{number}-address": "thief@example.net", f"{number}-kind": "role"},
    )
    first = told_link(desk, "ben@example.org")
    browser.post(isp.page(f"people/{isp.people['max'].pk}/role"), {"role": "admin"})
    Client().post(first)
    assert Recipient.objects.get(address="thief@example.net").state == "waiting"
    assert snapshot_of(clock.now(), load_catalogue())["lists"] == []
    desk.pass_time(dt.timedelta(hours=100))
    freezing.unfreeze(isp.organisation, desk.reviewer(), "looked at", clock.now())
    mailing_list = isp.organisation.lists.get()
    assert [each.address for each in sent_to(mailing_list, clock.now())] == ["noc@example.org"]
