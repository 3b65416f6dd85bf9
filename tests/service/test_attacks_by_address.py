"""Addresses that nobody was given, and numbers that no row has: not found, and never a failure."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from tests.service.desk import Desk
from tests.service.proven import asked, claim_of, contact, facts, registered
from tests.service.rights import ADMIN_A, STAFF_ADMIN, TABLE
from tests.service.rights_world import make_world

from tocsin.service import installation
from tocsin.service.portal.links import PAGES
from tocsin.service.subscribers.models import ClaimState

_ODD = ("", "x", "-1.-1", "1", "1.1.1.1", f"{10**30}.1", "..", "٣.٣", "1.\0", "0.0.0.x", "1-1.1")


@pytest.mark.parametrize("purpose", sorted(PAGES))
def test_a_link_that_was_never_made_is_not_found_whatever_it_says(desk: Desk, purpose: str) -> None:
    browser = Client()
    for said in _ODD:
        for proof in ("A" * 27, installation.secret().link("another", said)):
            place = f"/l/{purpose}/{quote(said)}/{proof}"
            for method in (browser.get, browser.post, browser.head):
                assert method(place).status_code == 404, place


def test_a_link_made_for_one_purpose_is_worth_nothing_for_another(desk: Desk) -> None:
    for one in PAGES:
        proof = installation.secret().link(one, "1.1")
        for other in PAGES:
            if other != one:
                assert Client().post(f"/l/{other}/1.1/{proof}").status_code == 404


@pytest.mark.parametrize("role", [ADMIN_A, STAFF_ADMIN])
def test_a_number_that_no_row_can_have_is_not_found(desk: Desk, role: str) -> None:
    world = make_world(desk)
    browser = world.browser(role)
    for name, row in TABLE.items():
        args = row.args(world)
        numbers = [each for each, value in args.items() if isinstance(value, int)]
        for number in (0, 2**31, 2**63, 10**40) if numbers else ():
            place = reverse(name, kwargs={**args, **dict.fromkeys(numbers, number)})
            for method in (browser.get, browser.post):
                assert method(place).status_code in (302, 403, 404, 405), (name, number)


@pytest.mark.parametrize("query", ["page=x", "page=-1", "page=" + "9" * 40, "before=" + "9" * 18])
def test_pages_that_do_not_exist_fail_nowhere(desk: Desk, query: str) -> None:
    world = make_world(desk)
    for role in (ADMIN_A, STAFF_ADMIN):
        browser = world.browser(role)
        for name, row in TABLE.items():
            if role in row.get and not name.startswith(("account", "mfa")):
                answer = browser.get(f"{reverse(name, kwargs=row.args(world))}?{query}")
                assert answer.status_code < 500, name


@pytest.mark.parametrize("local", ["a/b", "a+b", "a%2fb", "a?b", "a#b", "o'neil", "a=b&c"])
def test_whatever_letters_a_contacts_address_has_the_link_opens(desk: Desk, local: str) -> None:
    address = f"{local}@example.org"
    registered(desk, "192.0.2.0/24", facts(contact("technical", address)))
    request = asked(desk, "192.0.2.0/24")
    answer = Client().post(desk.link_to(address), {"answer": "approve"})
    assert answer.status_code == 200
    assert claim_of(request, "192.0.2.0/24").state == ClaimState.PROVEN


@pytest.mark.parametrize("said", ["\ud800", "\0", "A" * 100_000, "\uff21\uff22", "⁰¹²³"])
def test_a_code_of_any_letters_is_only_wrong(desk: Desk, said: str) -> None:
    assert not installation.secret().is_code("proof", "1.1", said)
    assert not installation.secret().is_link("proof", "1.1", said)
