"""The queue of staff: found, sorted, fast, and approved in one go where nothing is left to see."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from tests.service.desk import Desk, now
from tests.service.many import many_like
from tests.service.proven import facts

from tocsin.service.audit.models import AuditLine
from tocsin.service.portal.staff.common import span
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Organisation,
    ProofMethod,
    Request,
    RequestState,
)
from tocsin.service.subscribers.requests.handling import handling_time, median_wait
from tocsin.service.subscribers.requests.search import find_requests
from tocsin.service.subscribers.values import any_network
from tocsin.service.subscribers.wanted import Wanted, to_json
from tocsin.service.verification.facts import facts_to_json


def make_request(
    name: str,
    *networks: str,
    state: RequestState = RequestState.REVIEW,
    claims: ClaimState = ClaimState.PROVEN,
    requester: str = "",
    holder: str = "",
) -> Request:
    """A request that waits for staff; of networks that it holds itself, by what a registry says."""
    address = requester or f"{name.lower().replace(' ', '-')}@example.org"
    values = tuple(any_network(each) for each in networks)
    wanted = Wanted(
        full_name="Ada Example", organisation=name, networks=values, recipients=(address,)
    )
    request = Request.objects.create(
        kind="subscribe",
        channel="web",
        state=state,
        requester=address,
        organisation_name=name,
        wanted=to_json(wanted),
        made_at=now(),
        reviewed_from=now() if state == RequestState.REVIEW else None,
    )
    for value in values:
        method = ProofMethod.DNS if claims == ClaimState.PROVEN else ""
        Claim.objects.create(
            request=request,
            state=claims,
            method=method,
            facts=facts_to_json(facts(holder=holder or name, range=str(value))),
            **Claim.columns_of(value),
        )
    return request


def _staff(desk: Desk) -> Client:
    return desk.signed_in(desk.reviewer())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("alpha", ["Alpha Net"]),
        ("ALPHA-NET@", ["Alpha Net"]),
        ("192.0.2.0/24", ["Alpha Net"]),
        ("192.0.2.77", ["Alpha Net"]),
        ("192.0.0.0/16", ["Alpha Net"]),
        ("AS64496", ["Beta Net"]),
        ("as 64496", ["Beta Net"]),
        ("example.net", ["Beta Net"]),
        ("198.51.100.0/24", []),
        ("net", ["Alpha Net", "Beta Net"]),
        ("99999999999999999999999", []),
        ("%", []),
        ("\u0000", ["Alpha Net", "Beta Net"]),
    ],
)
def test_requests_are_found_by_what_people_know(desk: Desk, text: str, found: list[str]) -> None:
    make_request("Alpha Net", "192.0.2.0/24", "2001:db8::/48")
    make_request("Beta Net", "AS64496", "example.net")
    page = _staff(desk).get("/staff/requests/", {"text": text, "state": "all"})
    assert [each.organisation_name for each in page.context["shown"]] == found


def test_a_number_finds_its_request(desk: Desk) -> None:
    request = make_request("Alpha Net", "AS64496")
    assert list(find_requests(f"#{request.pk}", "all")) == [request]


def test_the_oldest_comes_first_and_says_how_long_it_waits(desk: Desk) -> None:
    first = make_request("First", "AS64496")
    desk.pass_time(dt.timedelta(hours=26))
    make_request("Second", "AS64497")
    make_request("Unconfirmed", "AS64498", state=RequestState.UNCONFIRMED)
    page = _staff(desk).get("/staff/requests/")
    shown = page.context["shown"]
    assert [each.organisation_name for each in shown] == ["First", "Second"]
    assert next(iter(shown)).pk == first.pk
    assert "1 d 2 h" in page.content.decode()


def test_the_median_is_that_of_the_last_ninety_days(desk: Desk) -> None:
    spans = [(now(), now() + dt.timedelta(hours=hours)) for hours in (1, 2, 30)]
    assert median_wait(spans) == dt.timedelta(hours=2)
    assert median_wait([]) is None
    for days, hours in ((200, 500), (3, 1), (2, 3)):
        request = make_request(f"Old {days}", "AS64496")
        end = now() - dt.timedelta(days=days)
        Request.objects.filter(pk=request.pk).update(
            state=RequestState.APPROVED,
            reviewed_from=end - dt.timedelta(hours=hours),
            decided_at=end,
        )
    assert handling_time(now()) == dt.timedelta(hours=2)
    assert "2 h 0 min" in _staff(desk).get("/staff/requests/").content.decode()
    assert (span(None), span(dt.timedelta(minutes=5))) == ("-", "5 min")


def test_the_queue_asks_the_database_as_often_for_fifty_as_for_five(
    desk: Desk, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        make_request(f"Org {number}", f"AS{64496 + number % 16}", "192.0.2.0/24")
    browser = _staff(desk)
    browser.get("/staff/requests/")
    with django_assert_max_num_queries(8):
        page = browser.get("/staff/requests/")
    assert len(page.context["shown"]) == 50
    assert "Page 1 of 2" in page.content.decode()
    assert len(browser.get("/staff/requests/?page=2").context["shown"]) == 10
    assert browser.get("/staff/requests/?page=nonsense").status_code == 200


def test_thousands_of_organisations_are_searched_in_less_than_a_second(desk: Desk) -> None:
    """The bench measures twenty thousand, and the distribution."""
    numbers = range(5_000)
    many_like(
        Organisation(founded_at=now()),
        ({"slug": f"o{n}", "name": f"Organisation {n}"} for n in numbers),
    )
    many_like(
        Request(
            kind="subscribe", channel="web", state="approved", made_at=now(),
            reviewed_from=now(), decided_at=now(),
        ),
        (
            {
                "state": "review" if n % 10 == 0 else "approved",
                "requester": f"ada@o{n}.example.org",
                "organisation_name": f"Organisation {n}",
            }
            for n in numbers
        ),
    )  # fmt: skip
    requests = Request.objects.order_by("pk").values_list("pk", flat=True)
    many_like(
        Claim(state="proven"),
        (
            {"request_id": key, **Claim.columns_of(any_network(f"2001:db8:{n:x}::/48"))}
            for n, key in enumerate(requests)
        ),
    )
    browser = _staff(desk)
    browser.get("/staff/requests/")
    for place in (
        "/staff/requests/",
        "/staff/requests/?state=all&page=50",
        "/staff/requests/?text=organisation+4999&state=all",
        "/staff/requests/?text=2001:db8:1387::/48&state=all",
        "/staff/organisations/?page=99",
        "/staff/organisations/?text=organisation+4999",
    ):
        begin = time.perf_counter()
        assert browser.get(place).status_code == 200
        assert time.perf_counter() - begin < 1.0, place


def test_all_green_are_shown_first_and_then_approved_each_with_its_line(desk: Desk) -> None:
    green = make_request("Green", "192.0.2.0/24", "AS64496")
    left = make_request("Left out", "198.51.100.0/24")
    mixed = make_request("Mixed", "203.0.113.0/24")
    Claim.objects.create(
        request=mixed, state=ClaimState.STAFF, **Claim.columns_of(any_network("AS64500"))
    )
    large = make_request("Large", "2001:db8::/29")
    proven = make_request("Borrowed", "AS64501", holder="Example Access Networks")
    browser = _staff(desk)
    page = browser.get("/staff/requests/green")
    assert [each.pk for each in page.context["green"]] == [green.pk, left.pk]
    assert Request.objects.filter(state=RequestState.REVIEW).count() == 5
    named = [green.pk, mixed.pk, large.pk, proven.pk, 999]
    browser.post("/staff/requests/green", {"request": named})
    states = dict(Request.objects.values_list("pk", "state"))
    assert states[green.pk] == RequestState.APPROVED
    assert {states[each.pk] for each in (left, mixed, large, proven)} == {RequestState.REVIEW}
    lines = AuditLine.objects.filter(verb="request.approved")
    assert [(each.request, each.actor) for each in lines] == [
        (green.pk, "reviewer@tocsin.example.org")
    ]
