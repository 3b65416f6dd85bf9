"""How an address comes to get reports, and how it leaves."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from tests.service.desk import Desk, links_in
from tests.service.subscribed import Subscribed, member_of, subscribed

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.models import Recipient, RecipientKind, RecipientState
from tocsin.service.subscribers.recipients.membership import (
    MOST_ASKS,
    add_recipient,
    ask_again,
    leave,
    remove,
    sent_to,
    unsubscribe_headers,
)

ADMIN = Actor.person("admin@example.org")
DAY = dt.timedelta(days=1)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def add(each: Subscribed, address: str, kind: RecipientKind = RecipientKind.PERSON) -> Recipient:
    return add_recipient(each.list, address, kind, ADMIN, clock.now())


def addresses(each: Subscribed) -> list[str]:
    return [found.address for found in sent_to(each.list, clock.now())]


def state(recipient: Recipient) -> str:
    recipient.refresh_from_db()
    return recipient.state


def test_a_person_gets_nothing_before_agreeing(desk: Desk) -> None:
    each = subscribed()
    add(each, "noc@example.org")
    assert addresses(each) == []
    link = desk.link_to("noc@example.org")
    assert Client().get(link).status_code == 200
    assert addresses(each) == []
    Client().post(link)
    assert addresses(each) == ["noc@example.org"]


def test_outside_of_its_domains_one_waits_and_is_sent_to_from_then_on(desk: Desk) -> None:
    each = subscribed()
    found = add(each, "queue@example.net", RecipientKind.ROLE)
    assert (state(found), addresses(each)) == ("waiting", [])
    desk.pass_time(3 * DAY)
    assert addresses(each) == ["queue@example.net"]
    desk.work()
    assert state(found) == "active"
    assert AuditLine.objects.filter(verb="recipient.active").count() == 1


def test_an_admin_cancels_a_recipient_that_waits(desk: Desk) -> None:
    each = subscribed()
    found = add(each, "queue@example.net", RecipientKind.ROLE)
    browser = desk.signed_in(each.account)
    page = browser.get("/organisations/alpha/recipients").content.decode()
    assert "Cancel" in page
    browser.post(f"/organisations/alpha/recipients/{found.pk}/remove", {"sure": "yes"})
    assert state(found) == "removed"
    desk.pass_time(4 * DAY)
    desk.work()
    assert addresses(each) == []


def test_the_question_is_asked_again_so_often_and_no_more(desk: Desk) -> None:
    each = subscribed()
    found = add(each, "noc@example.org")
    for _ in range(MOST_ASKS - 1):
        ask_again(found, ADMIN, clock.now())
    with pytest.raises(UsageError, match="asked 3 times"):
        ask_again(found, ADMIN, clock.now())
    letters = desk.letters_to("noc@example.org")
    assert len(letters) == MOST_ASKS
    assert len({links_in(letter)[-1] for letter in letters}) == 1


def test_a_question_that_is_never_answered_is_forgotten(desk: Desk) -> None:
    each = subscribed()
    found = add(each, "noc@example.org")
    link = desk.link_to("noc@example.org")
    desk.pass_time(29 * DAY)
    desk.work()
    assert state(found) == "unconfirmed"
    desk.pass_time(DAY)
    desk.work()
    assert state(found) == "removed"
    assert Client().post(link).status_code == 404


def path_of(recipient: Recipient) -> str:
    header = unsubscribe_headers(recipient)["List-Unsubscribe"]
    return header.removeprefix("<http://testserver").removesuffix(">")


def test_a_mail_program_leaves_with_one_click_and_no_cookie(desk: Desk) -> None:
    each = subscribed()
    found, _ = each.recipient("ada@example.org"), each.recipient("noc@example.org")
    headers = unsubscribe_headers(found)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(path_of(found)).status_code == 200
    assert state(found) == "active"
    path = path_of(found)
    answer = strict.post(path, ONE_CLICK)
    assert answer.status_code == 200
    assert state(found) == "left"
    assert strict.post(path, ONE_CLICK).status_code == 200
    assert addresses(each) == ["noc@example.org"]


def test_only_the_link_to_leave_takes_a_post_without_a_token(desk: Desk) -> None:
    each = subscribed()
    add(each, "noc@example.org")
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(desk.link_to("noc@example.org")).status_code == 403
    found = each.recipient("ada@example.org")
    assert strict.post(path_of(found)[:-1] + "x", ONE_CLICK).status_code == 404
    assert state(found) == "active"


def test_a_role_address_has_no_one_click_and_does_not_leave(desk: Desk) -> None:
    each = subscribed()
    each.recipient("ada@example.org")
    found = add(each, "queue@example.org", RecipientKind.ROLE)
    assert unsubscribe_headers(found) == {}
    assert not leave(found, clock.now())
    assert state(found) == "active"


def test_the_last_one_stays_and_the_admins_hear_of_the_wish(desk: Desk) -> None:
    each = subscribed()
    found = each.recipient("ada@example.org")
    answer = Client().post(path_of(found), ONE_CLICK)
    Client().post(path_of(found), ONE_CLICK)
    assert b"last address" in answer.content
    assert state(found) == "active"
    (letter,) = desk.letters_to("admin@example.org")
    assert "ada@example.org wants to leave" in letter.subject
    remove(found, ADMIN, clock.now())
    assert addresses(each) == []


@pytest.mark.parametrize("kind", list(RecipientKind))
def test_who_has_left_is_asked_anew_whatever_they_are_added_as(
    desk: Desk, kind: RecipientKind
) -> None:
    each = subscribed()
    found, _ = each.recipient("ada@example.org"), each.recipient("noc@example.org")
    leave(found, clock.now())
    add(each, "ada@example.org", kind)
    assert state(found) == "unconfirmed"
    assert found.kind == RecipientKind.PERSON
    assert addresses(each) == ["noc@example.org"]
    Client().post(desk.link_to("ada@example.org"))
    assert addresses(each) == ["ada@example.org", "noc@example.org"]


def test_an_old_link_to_leave_is_void_after_coming_back(desk: Desk) -> None:
    each = subscribed()
    found, _ = each.recipient("ada@example.org"), each.recipient("noc@example.org")
    path = path_of(found)
    leave(found, clock.now())
    add(each, "ada@example.org")
    Client().post(desk.link_to("ada@example.org"))
    assert Client().post(path, ONE_CLICK).status_code == 404
    assert state(found) == "active"


def test_who_gets_what_is_seen_by_its_people_and_changed_by_its_admins_alone(desk: Desk) -> None:
    each = subscribed()
    other = subscribed("beta", ["AS64497"], domain="example.net")
    found = each.recipient("ada@example.org")
    for user, seen in ((member_of(each), 200), (other.account, 404)):
        browser = desk.signed_in(user)
        page = browser.get("/organisations/alpha/recipients")
        assert page.status_code == seen
        assert b"<button>Add" not in page.content
        for act in ("remove", "again", "add"):
            path = f"/organisations/alpha/recipients/{found.pk}/{act}"
            assert browser.post(path, {"sure": "yes"}).status_code == 404
    own = f"/organisations/beta/recipients/{found.pk}/remove"
    assert desk.signed_in(other.account).post(own, {"sure": "yes"}).status_code == 404
    assert state(found) == "active"


def test_an_admin_names_a_recipient_and_all_admins_are_told(desk: Desk) -> None:
    each = subscribed()
    browser = desk.signed_in(each.account)
    prefix = f"{each.list.pk}-"
    said = {f"{prefix}address": "Noc@Example.org", f"{prefix}kind": "person"}
    place = f"/organisations/alpha/recipients/{each.list.pk}/add"
    assert browser.post(place, said).status_code == 302
    assert Recipient.objects.get().state == RecipientState.UNCONFIRMED
    (letter,) = desk.letters_to("admin@example.org")
    assert "recipient noc@example.org added to list alpha-asn" in letter.body
    assert "/l/not-us/" in letter.body
    wrong = browser.post(place, {**said, f"{prefix}address": "nobody"})
    assert wrong.status_code == 422
