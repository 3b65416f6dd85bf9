"""A passkey, in a real browser with an authenticator of its own: set up, then signed in with."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer
from tests.service.desk import Desk

from tocsin.service.accounts.models import User
from tocsin.service.audit.models import AuditLine

_CHROMIUM = shutil.which("chromium")
_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def _session_that_has_just_shown_its_factor(desk: Desk) -> str:
    client = desk.signed_in(desk.reviewer())
    session = client.session
    session["account_authentication_methods"][0]["reauthenticated"] = True
    session.save()
    return client.cookies["sessionid"].value


@pytest.mark.skipif(_CHROMIUM is None, reason="needs Debian's chromium")
@pytest.mark.django_db(transaction=True)
def test_a_passkey_signs_staff_in_and_is_a_second_factor_by_itself(
    desk: Desk, live_server: LiveServer
) -> None:
    session = _session_that_has_just_shown_its_factor(desk)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        devices = context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": _DEVICE})
        page.goto(f"{live_server.url}/accounts/2fa/webauthn/add/")
        page.check("input[name=passwordless]")
        page.get_by_role("button", name="Add").click()
        page.wait_for_url("**/accounts/2fa/recovery-codes/")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{live_server.url}/")
        page.goto(f"{live_server.url}/accounts/login/code/?next=/staff/requests/")
        page.click("#passkey_login")
        page.wait_for_url(f"{live_server.url}/staff/requests/")
        assert page.locator("h1").inner_text() == "Requests"
        browser.close()
    assert User.objects.count() == 1
    verbs = list(AuditLine.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs.count("account.signed_in") == 2
    assert "second_factor.added" in verbs
