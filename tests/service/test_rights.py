"""Every address of the portal, tried by everybody: who gets in, and who sees what."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import cast

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tests.service.desk import Desk
from tests.service.rights import (
    ADMIN_A,
    ALL,
    AUDITOR,
    CERT,
    LINK,
    MEMBER_A,
    NOBODY,
    REVIEWER,
    STAFF_ADMIN,
    TABLE,
    UNKNOWN,
    Row,
)
from tests.service.rights_world import MARKER, World, make_world

from tocsin.service.permissions import permission_of
from tocsin.service.portal.admin import SITE


def _patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _patterns(each, each.namespace or namespace)
        else:
            yield namespace, str(each.name), each


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    names = {name for namespace, name, _ in _patterns(get_resolver()) if not namespace}
    assert names == set(TABLE)


def test_every_address_says_what_it_needs() -> None:
    for _, _, pattern in _patterns(get_resolver()):
        permission_of(pattern.callback)


_PARTS = 8


@pytest.mark.parametrize("part", range(_PARTS))
def test_everybody_gets_what_the_table_says(desk: Desk, part: int) -> None:
    """Every address, each asked in a state that nothing asked before has changed."""
    world = make_world(desk)
    browsers = Browsers(world)
    wrong = []
    for name in sorted(TABLE)[part::_PARTS]:
        row = TABLE[name]
        place = reverse(name, kwargs=row.args(world))
        allowed, expected = (row.get, (405,)) if row.post is None else (row.post, row.post_is)
        for role in sorted(ALL):
            got = browsers.answer(role, "GET", place)
            if not _is_right(got, role, row.get, row.get_is, row):
                wrong.append(f"GET {name} by {role}: {got.status_code}")
            got = browsers.answer(role, "POST", place)
            if not _is_right(got, role, allowed, expected, row):
                wrong.append(f"POST {name} by {role}: {got.status_code}")
    assert not wrong


class Browsers:
    """A browser for each role, signed in once; what one of them did is undone after its answer."""

    def __init__(self, world: World) -> None:
        self._cookies = {role: world.browser(role).cookies for role in ALL}

    def answer(self, role: str, method: str, place: str) -> HttpResponse:
        """What that role gets there."""
        browser = Client()
        browser.cookies = copy.deepcopy(self._cookies[role])
        point = transaction.savepoint()
        try:
            return cast(
                HttpResponse, browser.get(place) if method == "GET" else browser.post(place)
            )
        finally:
            transaction.savepoint_rollback(point)


def _is_right(
    got: HttpResponse,
    role: str,
    allowed: frozenset[str],
    expected: tuple[int, ...],
    row: Row,
) -> bool:
    if role in allowed:
        return got.status_code in expected
    if role in UNKNOWN and not (row.hidden and row.get <= UNKNOWN):
        signs_in = got.headers.get("Location", "").startswith("/accounts/login/code/")
        return got.status_code == 302 and signs_in
    return got.status_code == (404 if row.hidden else 403)


def test_records_are_for_staff_admins_alone(desk: Desk) -> None:
    world = make_world(desk)
    places = [reverse("records:index")]
    for model in SITE._registry:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        places.append(reverse(f"records:{label}_changelist"))
    for role in sorted(ALL):
        browser = world.browser(role)
        for place in places:
            if role == STAFF_ADMIN:
                assert browser.get(place).status_code == 200, place
                assert browser.post(f"{place}add/").status_code in (403, 404), place
            else:
                answer = browser.get(place, follow=True)
                last = answer.redirect_chain[-1][0]
                signs_in = last.startswith("/accounts/login/code/")
                assert signs_in if role in UNKNOWN else answer.status_code == 403, (role, place)


@pytest.mark.parametrize("role", [NOBODY, LINK, MEMBER_A, ADMIN_A, CERT])
def test_nobody_sees_anything_of_another_organisation(desk: Desk, role: str) -> None:
    """All addresses, with what is theirs and with what is B's."""
    world = make_world(desk)
    browser = world.browser(role)
    for name, row in TABLE.items():
        if name == "account_logout":
            continue
        for slug, numbered in _own_and_of_b(row.args(world), world):
            for args in numbered:
                if not _shows_nothing_of_b(browser, reverse(name, kwargs=args)) and slug:
                    break  # refused for the organisation, whatever the number


def _shows_nothing_of_b(browser: Client, place: str) -> bool:
    """Look at a page, and search it; whether there is any."""
    for address in (place, f"{place}?text={MARKER}&state=all&who={MARKER}&q={MARKER}"):
        page = browser.get(address)
        content = b"".join(page) if page.streaming else page.content
        shown = content.decode().replace(address.partition("?")[2], "")
        assert MARKER not in shown.replace(place, ""), address
        if page.status_code == 404:
            return False
    return True


def _own_and_of_b(
    args: dict[str, object], world: World
) -> Iterator[tuple[bool, list[dict[str, object]]]]:
    """The same address with their own names and numbers, and with B's, in all ways.

    By organisation: whether it is B, and all numbers.
    """
    numbers = [args["number"], *sorted(world.numbers_of_b())] if "number" in args else [None]
    for slug in [args["slug"], world.b.slug] if "slug" in args else [None]:
        named = {"slug": slug} if slug is not None else {}
        yield (
            slug == world.b.slug,
            [
                {**args, **named, **({"number": each} if each is not None else {})}
                for each in numbers
            ],
        )


@pytest.mark.parametrize("role", [REVIEWER, AUDITOR])
def test_what_staff_see_is_searched_and_found(desk: Desk, role: str) -> None:
    """The other side of the test above: the marker is where it belongs."""
    browser = make_world(desk).browser(role)
    names = (
        "review_queue", "staff_organisations", "staff_audit", "staff_letters", "staff_mail",
        "case_queue",
    )  # fmt: skip
    for name in names:
        assert MARKER in browser.get(reverse(name)).content.decode(), name
    found = browser.get(reverse("contacts"), {"q": "192.0.2.1"}).content.decode()
    assert f"{MARKER}@b.example.org" in found


def test_a_cert_sees_who_is_in_its_country_and_nobody_else(desk: Desk) -> None:
    world = make_world(desk)
    page = world.browser(CERT).get(reverse("country", kwargs={"slug": "cert"})).content.decode()
    assert "Networks of A" in page
    assert "member@a.example.org" in page
    assert MARKER not in page


def test_whoever_forgets_the_decorator_is_refused() -> None:
    def page(request: object) -> None:
        """A page that names nothing."""

    with pytest.raises(Exception, match="names no permission"):
        permission_of(page)


def test_a_post_without_its_token_does_nothing(desk: Desk) -> None:
    make_world(desk)
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/ask", {"full_name": "x"}).status_code == 403
