"""Somebody in front of a browser: what they fill in, press, and read."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, Page
from tests.browser.place import Place

_CODE = re.compile(r"^\s*([A-Z0-9]{4}-[A-Z0-9]{4})\s*$", re.M)
_PERIOD = 30


@dataclass(slots=True)
class Person:
    """A browser of their own, with nobody signed in at first."""

    place: Place
    page: Page

    @classmethod
    def before(cls, browser: Browser, place: Place) -> Person:
        """A new person."""
        return cls(place, browser.new_context().new_page())

    def open(self, path: str) -> None:
        """Open a page of the portal, or a link that was mailed."""
        address = path if path.startswith("http") else f"{self.place.address}{path}"
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{address}: {answer.status}"

    def fill(self, fields: Mapping[str, str]) -> None:
        """Fill fields, each by its label."""
        for label, text in fields.items():
            self.page.get_by_label(label).first.fill(text)

    def press(self, button: str) -> None:
        """Press a button in the page, and wait for what comes."""
        self.page.locator("main").get_by_role("button", name=button, exact=True).first.click()
        self.page.wait_for_load_state()

    def reads(self, words: str) -> bool:
        """Whether the page says so."""
        return words in self.page.locator("main").inner_text()

    def sign_in(self, address: str) -> None:
        """By a code that is mailed."""
        seen = len(self.place.letters(address))
        self.open("/accounts/login/code/")
        self.page.locator("main input[type=email]").fill(address)
        self.page.locator("main form button").first.click()
        self.page.wait_for_url("**/login/code/confirm/")
        letter = self.place.newest(address, seen)
        found = _CODE.search(letter)
        assert found, letter
        self.page.locator("main input[name=code]").fill(found[1])
        self.page.locator("main form button").first.click()
        self.page.wait_for_load_state()

    def set_up_second_factor(self) -> None:
        """An authenticator that counts by time, from the secret that the page shows."""
        self.open("/accounts/2fa/totp/activate/")
        secret = re.search(r"\b[A-Z2-7]{32}\b", self.page.content())
        assert secret
        code = format_hotp_value(hotp_value(secret[0], int(time.time()) // _PERIOD))
        self.page.locator("main input[name=code]").fill(code)
        self.page.locator("main form button").first.click()
        self.page.wait_for_load_state()
