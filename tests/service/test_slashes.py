"""An address with a slash too many or too few leads to the page, and nowhere else."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.service.desk import Desk
from tests.service.subscribed import subscribed


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/ask/", "/ask"),
        ("/ask/?a=1&b=%2F", "/ask?a=1&b=%2F"),
        ("/requests/7/", "/requests/7"),
        ("/staff/mail", "/staff/mail/"),
        ("/organisations/alpha", "/organisations/alpha/"),
        ("/dl/a%3Fb/", "/dl/a%3Fb"),
    ],
)
def test_the_other_address_is_named_where_only_that_has_a_page(
    desk: Desk, asked: str, leads_to: str
) -> None:
    for ask in (Client().get, Client().head):
        answer = ask(asked)
        assert (answer.status_code, answer["Location"]) == (302, leads_to)
        assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize(
    "asked", ["/none", "/none/", "/ask//", "/%2Fexample.com/", "/%2Fexample.com"]
)
def test_what_has_no_page_either_way_has_none(desk: Desk, asked: str) -> None:
    assert Client().get(asked).status_code == 404


def test_what_is_sent_to_a_wrong_address_is_sent_to_nobody(desk: Desk) -> None:
    assert Client().post("/ask/", {"full_name": "x"}).status_code == 404


def test_whether_one_may_see_a_page_is_asked_there(desk: Desk) -> None:
    each = subscribed()
    browser = desk.signed_in(each.account)
    answer = browser.get("/organisations/alpha", follow=True)
    assert (answer.status_code, answer.redirect_chain) == (200, [("/organisations/alpha/", 302)])
    assert browser.get("/organisations/beta", follow=True).status_code == 404
