"""AS numbers and their own prefixes asked for together are explained, and chosen between."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.service.desk import Desk, now
from tests.service.proven import ORGANISATION

from tocsin.service.subscribers.models import Request, RequestChannel, RequestState
from tocsin.service.subscribers.requests import asking
from tocsin.service.subscribers.requests.asking import Arrival, answer_request, open_request
from tocsin.service.subscribers.values import NetworkValue, any_network
from tocsin.service.subscribers.wanted import Wanted
from tocsin.service.verification.overlap import Overlap, overlap_of, says_both

ORIGINS = {
    "192.0.2.0/24": (64496,),
    "198.51.100.0/24": (64496, 64500),
    "203.0.113.0/24": (),
}
ARRIVAL = Arrival(RequestChannel.WEB, "ada@example.org")


def origins(network: NetworkValue, _home: object = None) -> tuple[int, ...] | None:
    return ORIGINS.get(network.value)


def networks(*texts: str) -> tuple[NetworkValue, ...]:
    return tuple(any_network(each) for each in texts)


def test_a_prefix_that_only_as_numbers_asked_for_announce_is_covered() -> None:
    asked = networks("AS64496", *ORIGINS, "2001:db8::/32", "example.org")
    covered, unknown = networks("192.0.2.0/24"), networks("2001:db8::/32")
    assert overlap_of(asked, origins) == Overlap(covered, unknown)
    both = networks("AS64496", "AS64500", "198.51.100.0/24")
    assert overlap_of(both, origins).covered == networks("198.51.100.0/24")


def test_prefixes_alone_are_not_covered_by_anything() -> None:
    assert overlap_of(networks("192.0.2.0/24"), origins) == Overlap()


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("both", True),
        ("\n Both.\n-- \nAda", True),
        ("“both”", False),
        ("not both", False),
        ("", False),
    ],
)
def test_the_word_both_is_an_answer_by_itself(text: str, *, both: bool) -> None:
    assert says_both((text,)) is both


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> Wanted:
    monkeypatch.setattr(asking, "origins_of", origins)
    return Wanted(
        full_name="Ada Example",
        organisation=ORGANISATION,
        networks=networks("AS64496", "192.0.2.0/24"),
        recipients=("noc@example.org",),
        phone="+12025550100",
    )


def claimed(request: Request) -> list[str]:
    return sorted(str(each.network) for each in request.claims.all())


@pytest.mark.parametrize(
    ("choice", "made"), [("both", ["192.0.2.0/24", "AS64496"]), ("asns", ["AS64496"])]
)
def test_the_page_asks_which_and_makes_what_was_chosen(
    desk: Desk, wanted: Wanted, choice: str, made: list[str]
) -> None:
    request = open_request(wanted, ARRIVAL, now())
    link = desk.link_to("ada@example.org")
    assert "twice, once in" in str(desk.letters_to("ada@example.org")[-1].body)
    browser = Client()
    assert b"By AS number only" in browser.get(link).content
    refused = browser.post(link, {"answer": "confirm"})
    assert refused.status_code == 422
    assert b"Please say which you want" in refused.content
    assert browser.post(link, {"answer": "confirm", "overlap": choice}).status_code == 302
    request.refresh_from_db()
    assert request.state == RequestState.PROVING
    assert claimed(request) == made


def test_by_mail_the_answer_both_settles_it(desk: Desk, wanted: Wanted) -> None:
    request = open_request(wanted, ARRIVAL, now())
    answer_request(request, Wanted(unclear=("both",)), ARRIVAL, now())
    request.refresh_from_db()
    assert request.state == RequestState.UNCONFIRMED
    letter = desk.letters_to("ada@example.org")[-1]
    assert "You said that you want both." in str(letter.body)
    assert Client().post(desk.link_to("ada@example.org"), {"answer": "confirm"}).status_code == 302
    assert claimed(request) == ["192.0.2.0/24", "AS64496"]
