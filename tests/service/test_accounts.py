"""Signing in: who gets in, by what, and for how long."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.core import mail
from django.core.cache import cache
from django.test import Client
from tests.service.desk import Desk, now

from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.audit.models import AuditLine
from tocsin.service.subscribers.models import Contact, ContactState, Organisation

_CODE = re.compile(r"^  (\S+)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """Rate limits count in the cache, which outlives a test."""
    cache.clear()


def _contact(
    address: str = "ada@example.org", state: ContactState = ContactState.ACTIVE
) -> Contact:
    organisation = Organisation.objects.create(slug="a", name="A", founded_at=now())
    return Contact.objects.create(
        organisation=organisation, full_name="Ada", address=address, state=state, since=now()
    )


def _ask_for_code(browser: Client, address: str) -> str:
    """Ask for a code; the one that was mailed, empty if none was."""
    before = len(mail.outbox)
    assert browser.post("/accounts/login/code/", {"email": address}).status_code == 302
    sent = mail.outbox[before:]
    found = _CODE.search(str(sent[0].body)) if sent else None
    return found.group(1) if found else ""


def _sign_in(browser: Client, address: str) -> str:
    """Sign in by code; where that leads."""
    code = _ask_for_code(browser, address)
    return browser.post("/accounts/login/code/confirm/", {"code": code})["Location"]


def _app_code(user: User) -> str:
    stored = Authenticator.objects.get(user=user, type="totp")
    return _code_of(decrypt(stored.data["secret"]))


def _code_of(seed: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(seed, counter)))


def test_a_contact_signs_in_by_mailed_code_and_becomes_an_account(desk: Desk) -> None:
    contact = _contact()
    browser = Client()
    assert _sign_in(browser, "Ada@Example.org") == "/"
    contact.refresh_from_db()
    assert contact.account is not None
    assert contact.account.email == "ada@example.org"
    assert browser.get("/organisations/a/").status_code == 200
    verbs = set(AuditLine.objects.values_list("verb", flat=True))
    assert {"account.made", "contact.linked", "account.signed_in"} <= verbs


def test_the_letter_with_the_code_is_ours(desk: Desk) -> None:
    _contact()
    _ask_for_code(Client(), "ada@example.org")
    letter = mail.outbox[-1]
    assert letter.subject == "[Tocsin] Your code to sign in"
    assert letter.body.startswith("Good day,\n\nsomebody, we think you, wants to sign in at Tocsin")
    assert "testserver" not in letter.body


@pytest.mark.parametrize("state", [ContactState.UNCONFIRMED, ContactState.REMOVED, None])
def test_who_is_not_on_file_is_told_the_same_and_sent_nothing(
    desk: Desk, state: ContactState | None
) -> None:
    _contact("known@example.org")
    if state:
        other = Organisation.objects.create(slug="b", name="B", founded_at=now())
        Contact.objects.create(
            organisation=other, full_name="Eve", address="eve@example.org", state=state, since=now()
        )
    pages = []
    for address in ("known@example.org", "eve@example.org"):
        browser = Client()
        code = _ask_for_code(browser, address)
        assert bool(code) == address.startswith("known")
        page = browser.get("/accounts/login/code/confirm/").content.decode()
        wrong = browser.post("/accounts/login/code/confirm/", {"code": "WRONG"}).content.decode()
        pages.append(
            [re.sub(r'value="\w{64}"', "", each).replace(address, "") for each in (page, wrong)]
        )
    assert pages[0] == pages[1]
    assert not User.objects.filter(email="eve@example.org").exists()


def test_three_wrong_codes_end_the_attempt(desk: Desk) -> None:
    _contact()
    browser = Client()
    code = _ask_for_code(browser, "ada@example.org")
    for _ in range(3):
        browser.post("/accounts/login/code/confirm/", {"code": "WRONG"})
    browser.post("/accounts/login/code/confirm/", {"code": code})
    assert "_auth_user_id" not in browser.session


def test_codes_are_not_mailed_without_end(desk: Desk) -> None:
    _contact()
    statuses = [
        Client().post("/accounts/login/code/", {"email": "ada@example.org"}).status_code
        for _ in range(5)
    ]
    assert statuses == [302, 302, 302, 200, 200]
    assert len(mail.outbox) == 3


@pytest.mark.parametrize(
    "path",
    [
        "signup/", "password/change/", "password/set/", "password/reset/", "email/",
        "confirm-email/", "reauthenticate/", "signup/passkey/", "2fa/webauthn/signup/",
        "2fa/trust/",
    ],
)  # fmt: skip
def test_there_are_no_pages_for_passwords_addresses_or_making_accounts(
    desk: Desk, path: str
) -> None:
    for browser in (Client(), desk.signed_in(desk.reviewer())):
        assert browser.get(f"/accounts/{path}").status_code == 404
        assert browser.post(f"/accounts/{path}").status_code == 404


def test_the_page_for_passwords_leads_to_ours(desk: Desk) -> None:
    answer = Client().get("/accounts/login/?next=/staff/requests/")
    assert answer["Location"] == "/accounts/login/code/?next=/staff/requests/"
    admin = User.objects.create_user("admin@tocsin.example.org", staff_role=StaffRole.ADMIN)
    assert Client().get("/staff/records/").status_code == 302
    assert desk.signed_in(admin).get("/staff/records/").status_code == 200
    assert desk.signed_in(admin).get("/staff/records/password_change/").status_code == 404


def test_a_removed_contact_is_out_at_once(desk: Desk) -> None:
    contact = _contact()
    browser = Client()
    _sign_in(browser, contact.address)
    Contact.objects.update(state=ContactState.REMOVED)
    assert browser.get("/organisations/a/").status_code == 302
    assert "_auth_user_id" not in browser.session


@pytest.mark.django_db(transaction=True)
def test_staff_set_up_a_second_factor_before_anything_else(desk: Desk) -> None:
    user = desk.reviewer()
    browser = Client()
    _sign_in(browser, user.email)
    assert browser.get("/staff/requests/")["Location"] == "/accounts/2fa/"
    page = browser.get("/accounts/2fa/totp/activate/")
    assert page.status_code == 200
    secret = page.context["form"].secret
    activated = browser.post("/accounts/2fa/totp/activate/", {"code": _code_of(secret)})
    assert activated["Location"] == "/accounts/2fa/recovery-codes/"
    assert "****" not in browser.get(activated["Location"]).content.decode()
    assert browser.get("/staff/requests/").status_code == 200
    stored = Authenticator.objects.get(user=user, type="totp")
    assert secret not in str(stored.data)
    assert AuditLine.objects.filter(verb="second_factor.added").count() == 2
    assert "how you sign in at Tocsin has been changed" in mail.outbox[-1].body

    desk.pass_time(dt.timedelta(minutes=2))
    other = Client()
    assert _sign_in(other, user.email) == "/accounts/2fa/authenticate/"
    assert other.get("/staff/requests/").status_code == 302
    assert "_auth_user_id" not in other.session
    other.post("/accounts/2fa/authenticate/", {"code": _app_code(user)})
    assert other.get("/staff/requests/").status_code == 200


def test_a_session_that_never_saw_the_second_factor_does_not_pass(desk: Desk) -> None:
    """Signed in by mail alone, before the factor was set up in another browser."""
    user = desk.reviewer()
    old = Client()
    _sign_in(old, user.email)
    desk.signed_in(user)
    answer = old.get("/staff/requests/?state=review")
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/?next=%2Fstaff%2Frequests")
    assert old.post("/staff/requests/1/decide").status_code == 302
    for path in ("2fa/totp/deactivate/", "2fa/webauthn/add/", "2fa/recovery-codes/generate/"):
        answer = old.get(f"/accounts/{path}")
        assert answer["Location"].startswith("/accounts/2fa/reauthenticate/"), path
    assert old.get("/accounts/reauthenticate/code/")["Location"].startswith("/accounts/2fa/")


def test_a_session_ends_after_half_a_day(desk: Desk) -> None:
    browser = desk.signed_in(desk.reviewer())
    desk.pass_time(dt.timedelta(hours=11))
    assert browser.get("/staff/requests/").status_code == 200
    desk.pass_time(dt.timedelta(hours=2))
    assert browser.get("/staff/requests/")["Location"].startswith("/accounts/login/code/")


def test_who_is_no_staff_any_more_is_out_at_once(desk: Desk) -> None:
    user = desk.reviewer()
    browser = desk.signed_in(user)
    User.objects.update(staff_role=StaffRole.NONE)
    assert browser.get("/staff/requests/")["Location"].startswith("/accounts/login/code/")
