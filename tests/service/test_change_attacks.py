"""Whoever holds one mailbox, or none, gains no rows; nobody acts for who they do not belong to."""

from __future__ import annotations

import datetime as dt
import threading
import time

import pytest
from django.db import OperationalError, connection
from django.test import Client
from tests.service.desk import Desk, links_in
from tests.service.feeds import Feed, feed, registered

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.subscribers import freezing
from tocsin.service.subscribers.asking import Arrival
from tocsin.service.subscribers.change_value import NamedContact, WantedChange
from tocsin.service.subscribers.changing import confirm_change, drop_change, open_change
from tocsin.service.subscribers.models import (
    Change,
    Contact,
    Network,
    Organisation,
    Recipient,
    RequestChannel,
    RequestState,
)
from tocsin.service.subscribers.models import Request as Asked
from tocsin.service.subscribers.recipients import sent_to
from tocsin.service.subscribers.snapshot import snapshot_of
from tocsin.service.subscribers.values import any_network

REMOVAL = WantedChange(remove=(any_network("AS64497"),))


def mail(address: str) -> Arrival:
    return Arrival(RequestChannel.MAIL, address, evidence={"dkim": "pass", "dmarc": "pass"})


def draft(isp: Feed, change: WantedChange = REMOVAL, who: str = "ada") -> Asked:
    return open_change(isp.people[who], change, mail(f"{who}@example.org"), clock.now())


def told_link(desk: Desk, address: str) -> str:
    told = [each for each in desk.letters_to(address) if "has been changed" in each.subject]
    return links_in(told[-1])[-1]


# --- mails ------------------------------------------------------------------------------------


def test_a_mail_in_an_admins_name_changes_nothing_whatever_its_signatures_say(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    draft(isp, WantedChange(remove=REMOVAL.remove, add_recipients=("thief@example.net",)))
    desk.work()
    desk.pass_time(dt.timedelta(days=10))
    desk.work()
    assert isp.networks() == {"AS64496", "AS64497"}
    assert not Recipient.objects.filter(address="thief@example.net").exists()
    assert not Change.objects.exists()


def test_who_asks_by_mail_is_mailed_no_link_that_confirms(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    draft(isp)
    assert [links_in(each) for each in desk.letters_to("ada@example.org")] == [[]]


@pytest.mark.parametrize("state", ["unconfirmed", "waiting", "removed"])
def test_who_is_no_active_contact_asks_for_nothing(desk: Desk, state: str) -> None:
    isp = feed("AS64496", "AS64497", members=("max",))
    Contact.objects.filter(address="max@example.org").update(state=state)
    with pytest.raises(UsageError):
        draft(isp, who="max")
    with pytest.raises(UsageError):
        open_change(isp.people["ada"], REMOVAL, mail("mallory@example.net"), clock.now())
    assert not Asked.objects.exists()


def test_a_draft_of_who_has_been_removed_since_comes_to_nothing(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497", members=("max",))
    request = draft(isp, who="max")
    link = desk.link_to("ben@example.org")
    browser = isp.browser(desk, "ben")
    browser.post(isp.page(f"people/{isp.people['max'].pk}/remove"), {"sure": "yes"})
    browser.post(link, {"answer": "confirm"})
    request.refresh_from_db()
    assert request.state == RequestState.WITHDRAWN
    assert isp.networks() == {"AS64496", "AS64497"}


# --- links ------------------------------------------------------------------------------------


def test_to_open_a_link_changes_nothing(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    draft(isp)
    paths = links_in(desk.letters_to("ben@example.org")[-1])
    browser = isp.browser(desk, "ada")
    browser.post(
        isp.page("people/add"),
        {"full_name": "Eve", "address": "eve@example.org", "role": "admin"},
    )
    paths += links_in(desk.letters_to("eve@example.org")[-1])
    paths += [told_link(desk, "ben@example.org")]
    before = AuditLine.objects.count(), Change.objects.count()
    for path in paths:
        for method in (Client().get, Client().head):
            assert method(path).status_code == 200
    assert (AuditLine.objects.count(), Change.objects.count()) == before
    assert Contact.objects.get(address="eve@example.org").state == "unconfirmed"
    isp.organisation.refresh_from_db()
    assert isp.organisation.state == "active"


def test_a_link_that_was_used_or_replaced_does_nothing(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497", "AS64498")
    request = draft(isp)
    link = desk.link_to("ben@example.org")
    tampered = link[:-1] + ("a" if link[-1] != "a" else "b")
    assert Client().post(tampered, {"answer": "confirm"}).status_code == 404
    browser = isp.browser(desk, "ben")
    browser.post(link, {"answer": "confirm"})
    assert Change.objects.count() == 1
    assert b"not valid any more" in browser.post(link, {"answer": "confirm"}).content
    request.refresh_from_db()
    assert not confirm_change(request, request.round, isp.people["ben"], clock.now())
    assert Change.objects.count() == 1


def test_a_link_of_an_admin_who_is_none_any_more_confirms_nothing(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497", admins=("ada", "ben", "cy"))
    request = draft(isp)
    link = desk.link_to("ben@example.org")
    Contact.objects.filter(address="ben@example.org").update(role="member")
    assert b"not valid any more" in Client().post(link, {"answer": "confirm"}).content
    request.refresh_from_db()
    assert request.state == RequestState.UNCONFIRMED


def test_another_draft_than_the_one_that_was_seen_is_not_confirmed(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    request = draft(isp)
    browser = isp.browser(desk, "ben")
    for turn in (str(request.round - 1), "", "x", "9" * 30):
        browser.post(isp.page(f"changes/{request.pk}/confirm"), {"turn": turn})
    assert not Change.objects.exists()


def test_the_asking_admins_contact_cannot_drop_what_another_organisation_asked(desk: Desk) -> None:
    isp, other = feed("AS64496", "AS64497"), feed("AS64498", slug="other", domain="example.com")
    request = draft(isp)
    assert not drop_change(request, request.round, other.people["ada"], clock.now())
    assert not confirm_change(request, request.round, other.people["ada"], clock.now())


# --- who may do what --------------------------------------------------------------------------


def pages(isp: Feed) -> list[tuple[str, dict[str, str]]]:
    network = Network.objects.filter(organisation=isp.organisation).first()
    recipient = Recipient.objects.filter(list__organisation=isp.organisation).first()
    mailing_list = isp.organisation.lists.get()
    request = isp.organisation.requests.get()
    assert network is not None
    assert recipient is not None
    other = next(iter(isp.people.values()))
    return [
        ("networks/add", {"networks": "AS64510"}),
        (f"networks/{network.pk}/end", {"sure": "yes"}),
        (f"networks/{network.pk}/label", {"label": "x"}),
        ("people/add", {"full_name": "E", "address": "e@example.net", "role": "admin"}),
        (f"people/{other.pk}/role", {"role": "member"}),
        (f"people/{other.pk}/remove", {"sure": "yes"}),
        (f"recipients/{mailing_list.pk}/add",
         {f"{mailing_list.pk}-address": "e@example.net", f"{mailing_list.pk}-kind": "role"}),
        (f"recipients/{recipient.pk}/remove", {"sure": "yes"}),
        (f"recipients/{recipient.pk}/again", {}),
        (f"changes/{request.pk}/confirm", {"turn": str(request.round)}),
        (f"changes/{request.pk}/drop", {"turn": str(request.round)}),
        (f"changes/{request.pk}/prove", {}),
    ]  # fmt: skip


SEEN = ("", "networks", "people", "recipients", "changes", "history")


def test_a_member_sees_all_and_changes_nothing(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497", members=("max",))
    request = draft(isp)
    browser = isp.browser(desk, "max")
    before = AuditLine.objects.count()
    for page, form in pages(isp):
        assert browser.post(isp.page(page), form).status_code == 404, page
    for page in (*SEEN, f"changes/{request.pk}"):
        answer = browser.get(isp.page(page))
        assert answer.status_code == 200, page
        assert b'method="post" action="/organisations' not in answer.content, page
    assert AuditLine.objects.count() == before


def test_people_of_another_organisation_find_nothing(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    other = feed("AS64498", slug="other", domain="example.com")
    request = draft(isp)
    browser = other.browser(desk, "ada")
    before = AuditLine.objects.count()
    for page, form in pages(isp):
        assert browser.post(isp.page(page), form).status_code == 404, page
        # The number of a row of theirs under one's own name.
        if any(each.isdigit() for each in page):
            answer = browser.post(other.page(page), form)
            assert answer.status_code == 404, page
    for page in (*SEEN, f"changes/{request.pk}"):
        assert browser.get(isp.page(page)).status_code == 404
    assert browser.get(other.page(f"changes/{request.pk}")).status_code == 404
    assert AuditLine.objects.count() == before


def test_nobody_signed_in_is_sent_to_sign_in(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    draft(isp)
    for page, form in pages(isp):
        answer = Client().post(isp.page(page), form)
        assert answer["Location"].startswith("/accounts/login/code/"), page


def test_to_get_a_page_that_changes_something_is_refused(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    draft(isp)
    browser = isp.browser(desk, "ada")
    for page, _ in pages(isp):
        assert browser.get(isp.page(page)).status_code == 405, page


# --- one mailbox ------------------------------------------------------------------------------


def test_an_admin_who_is_removed_is_told_and_can_stop_the_feed(desk: Desk) -> None:
    isp = feed("AS64496", members=("max",))
    thief = isp.browser(desk, "ada")
    thief.post(isp.page(f"people/{isp.people['ben'].pk}/remove"), {"sure": "yes"})
    link = told_link(desk, "ben@example.org")
    Client().post(link)
    isp.organisation.refresh_from_db()
    assert isp.organisation.state == "frozen"
    assert snapshot_of(clock.now())["organisations"] == []


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


def test_a_frozen_feed_changes_in_no_way(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    request = draft(isp, WantedChange(add=(any_network("AS64500"),)))
    Organisation.objects.filter(pk=isp.organisation.pk).update(state="frozen")
    isp.organisation.refresh_from_db()
    browser = isp.browser(desk, "ben")
    for page, form in pages(isp):
        if not page.endswith(("label", "again", "drop")):
            browser.post(isp.page(page), form)
    assert not Change.objects.exists()
    request.refresh_from_db()
    assert request.state == RequestState.UNCONFIRMED
    held = draft(isp, WantedChange(remove=(any_network("AS64497"),)))
    assert held.state == RequestState.REFUSED
    assert "cannot be made now" in desk.letters_to("ada@example.org")[-1].body


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
    assert snapshot_of(clock.now())["lists"] == []
    desk.pass_time(dt.timedelta(hours=100))
    freezing.unfreeze(isp.organisation, desk.reviewer(), "looked at", clock.now())
    mailing_list = isp.organisation.lists.get()
    assert [each.address for each in sent_to(mailing_list, clock.now())] == ["noc@example.org"]


# --- at the same time -------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_at_the_same_time_change_it_once(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497", admins=("ada", "ben", "cy"))
    request = draft(isp, WantedChange(
        remove=REMOVAL.remove, add_contacts=(NamedContact("eve@example.org", "Eve"),)
    ))  # fmt: skip
    start, answers = threading.Barrier(2), []

    def confirm(name: str) -> None:
        start.wait(10)
        for _ in range(500):
            try:
                done = confirm_change(request, request.round, isp.people[name], clock.now())
            except OperationalError:
                # A database in memory does not wait for a lock, as one in a file does.
                time.sleep(0.02)
                continue
            finally:
                connection.close()
            answers.append(done)
            return

    threads = [threading.Thread(target=confirm, args=(name,)) for name in ("ben", "cy")]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert sorted(answers) == [False, True]
    assert Change.objects.count() == 1
    assert AuditLine.objects.filter(verb="network.ended").count() == 1
    assert Contact.objects.filter(address="eve@example.org").count() == 1
