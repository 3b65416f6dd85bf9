"""When two persons of the staff have to agree: how addresses are counted, and over which time."""

from __future__ import annotations

import datetime as dt
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.service.desk import Desk
from tests.service.proven import asked, facts, registered
from tests.service.test_review_queue import make_request

from tocsin.configuration.service import ReviewRules
from tocsin.service import clock
from tocsin.service.accounts.models import User
from tocsin.service.subscribers.models import Claim, Request, RequestState
from tocsin.service.subscribers.requests.all_green import green_requests
from tocsin.service.subscribers.requests.deciding import approve
from tocsin.service.subscribers.requests.two_persons import Counted, addresses_of, takes_two
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification import looking_up


def counted(said: str, announced: int | None = None, *origins: int) -> Counted:
    return Counted(any_network(said), announced, frozenset(origins))


@pytest.mark.parametrize(
    ("networks", "addresses"),
    [
        ([counted("192.0.2.0/24")], 256),
        ([counted("AS64496", 70_000)], 70_000),
        ([counted("AS64496", 0), counted("192.0.2.0/24")], 256),
        # Not known is not counted: there is no atlas, and so no report by AS number either.
        ([counted("AS64496"), counted("192.0.2.0/24", None, 64496)], 256),
        ([counted("AS64496", 1000), counted("192.0.2.0/24", None, 64496)], 1000),
        ([counted("AS64496", 1000), counted("192.0.2.0/24", None, 64496, 64497)], 1256),
        ([counted("192.0.2.0/24"), counted("192.0.2.64/26"), counted("192.0.2.0/24")], 256),
        ([counted("2001:db8::/32"), counted("2001:db8:1:2::/64")], 65_536),
        ([counted("2001:db8:1:2::/64"), counted("example.org"), counted("XX")], 1),
        ([], 0),
    ],
)
def test_addresses_are_counted_once(networks: list[Counted], addresses: int) -> None:
    assert addresses_of(networks) == addresses


_PREFIXES = st.builds(
    lambda last, length: f"192.0.2.{last >> (32 - length) << (32 - length)}/{length}",
    st.integers(0, 255),
    st.integers(24, 32),
)


@given(st.lists(_PREFIXES, max_size=8))
def test_prefixes_count_as_many_addresses_as_they_hold(said: list[str]) -> None:
    held = {address for each in said for address in ip_network(each)}
    assert addresses_of([counted(each) for each in said]) == len(held)


def test_an_as_number_that_announces_much_takes_two() -> None:
    rules = ReviewRules()
    assert takes_two([counted("AS64496", rules.two_persons_above + 1)], rules)
    assert not takes_two([counted("AS64496", rules.two_persons_above)], rules)
    assert not takes_two([counted("AS64496", 1 << 30)], ReviewRules(two_persons_above=0))


def test_what_an_as_number_announces_is_kept_when_it_is_looked_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_up, "announced_of", lambda *_: 70_000)
    registered(desk, "AS64496", facts())
    request = asked(desk, "AS64496")
    assert request.claims.get().facts["announced"] == 70_000


def _half(number: int, requester: str = "") -> Request:
    """Just as much as one person may grant: with one address more it takes two."""
    request = make_request(f"Part {number}", f"AS{64496 + number}", requester=requester)
    claim = request.claims.get()
    claim.facts = {**claim.facts, "announced": 40_000}
    claim.save()
    return request


def _reviewer(desk: Desk, address: str) -> User:
    return User.objects.filter(email=address).first() or desk.reviewer(address)


def _granted(desk: Desk, request: Request, who: str = "one@tocsin.example.org") -> bool:
    granted = tuple(request.claims.values_list("pk", flat=True))
    return approve(request, granted, _reviewer(desk, who), "looked at", clock.now())


def test_a_large_claim_split_into_several_requests_takes_two(desk: Desk) -> None:
    first, second = (_half(each, requester="ada@example.org") for each in (0, 1))
    assert _granted(desk, first)
    page = desk.signed_in(desk.reviewer()).get(f"/staff/requests/{second.pk}").content.decode()
    assert "takes the approval of two persons" in page
    assert second not in green_requests(clock.now())
    assert not _granted(desk, second)
    assert _granted(desk, second, "two@tocsin.example.org")


def test_the_same_organisation_is_one_whoever_asks(desk: Desk) -> None:
    first = _half(0)
    assert _granted(desk, first)
    first.refresh_from_db()
    second, third = _half(1), _half(2)
    Request.objects.filter(pk=second.pk).update(organisation=first.organisation)
    Request.objects.filter(pk=third.pk).update(organisation_name=first.organisation_name)
    second.refresh_from_db()
    third.refresh_from_db()
    assert not _granted(desk, second)
    assert not _granted(desk, third)


def test_others_and_what_is_long_ago_count_nothing(desk: Desk) -> None:
    assert _granted(desk, _half(0, requester="ada@example.org"))
    assert _granted(desk, _half(1, requester="eva@example.com"))
    desk.pass_time(dt.timedelta(days=31))
    assert _granted(desk, _half(2, requester="ada@example.org"))


def test_what_two_have_granted_does_not_count_again(desk: Desk) -> None:
    large = _half(0, requester="ada@example.org")
    Claim.objects.filter(request=large).update(facts={"announced": 100_000})
    assert not _granted(desk, large)
    assert _granted(desk, large, "two@tocsin.example.org")
    assert _granted(desk, _half(1, requester="ada@example.org"))


def test_a_first_approval_of_something_else_makes_no_second_person(desk: Desk) -> None:
    """One approves all of it, another grants a part: that part was granted by one."""
    request = make_request("Parts", "AS64496", "AS64497", requester="ada@example.org")
    Claim.objects.filter(request=request).update(facts={"announced": 40_000})
    assert not _granted(desk, request)
    part = (request.claims.order_by("pk").values_list("pk", flat=True)[0],)
    other = _reviewer(desk, "two@tocsin.example.org")
    assert approve(request, part, other, "a part", clock.now())
    request.refresh_from_db()
    assert request.state == RequestState.APPROVED
    assert not _granted(desk, _half(2, requester="ada@example.org"))
