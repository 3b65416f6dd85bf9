"""Forged mails, used links, other people's pages: nobody acts for who they do not belong to."""

from __future__ import annotations

import datetime as dt
import threading
import time

import pytest
from django.db import OperationalError, connection
from django.test import Client
from tests.service.desk import Desk, links_in
from tests.service.feeds import REMOVAL, Feed, draft, feed, mail, told_link

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.subscribers.changes.changing import confirm_change, drop_change, open_change
from tocsin.service.subscribers.changes.value import NamedContact, WantedChange
from tocsin.service.subscribers.models import (
    Change,
    Contact,
    Network,
    Organisation,
    Recipient,
    RequestState,
)
from tocsin.service.subscribers.models import Request as Asked
from tocsin.service.subscribers.values import any_network

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
