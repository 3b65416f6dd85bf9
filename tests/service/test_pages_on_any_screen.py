"""Every page on a phone and on a desktop, light and dark: it fits, and nothing in it goes wrong."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer
from tests.fakes.small_home import DAY, NIGHT, SmallHome, event
from tests.service.desk import Desk
from tests.service.rights import ADMIN_A, CERT, NOBODY, STAFF_ADMIN, TABLE, Row
from tests.service.rights_world import World, make_world

from tocsin.service import clock
from tocsin.service.delivery.models import Night, NightList, Report
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.subscribers.snapshots.writing import write_snapshot
from tocsin.service.webhooks.models import Webhook

_CHROMIUM = shutil.which("chromium")
_WIDTHS = (360, 1280)
_SCHEMES = {"light": (200, 255), "dark": (0, 60)}
"""Between which values the background's red, green and blue lie."""

_PICTURES = os.environ.get("TOCSIN_TEST_PICTURES", "")
"""A directory for pictures of all pages, to be looked at; "" for none."""

_UNREADABLE = "x" * 40
_FLAWS = """() => {
    const flaws = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
        const wide = [...document.querySelectorAll("body *")].filter(each =>
            each.getBoundingClientRect().right > root.clientWidth + 1 && !each.closest(".scroll"));
        flaws.push("too wide: " + wide.slice(0, 3).map(each => each.outerHTML.slice(0, 120)));
    }
    const seen = each => each.checkVisibility() && each.getClientRects().length;
    for (const each of document.querySelectorAll("input, select, textarea")) {
        if (!seen(each) || ["hidden", "submit", "button"].includes(each.type)) continue;
        const name = each.getAttribute("aria-label") || each.getAttribute("aria-labelledby");
        if (!name && !each.labels.length) flaws.push("no label: " + each.outerHTML.slice(0, 120));
    }
    for (const each of document.querySelectorAll("button, input, select, textarea, summary")) {
        if (!seen(each) || each.type == "hidden") continue;
        const around = each.closest("label") || each;
        const box = around.getBoundingClientRect();
        if (box.height < 24 || box.width < 24)
            flaws.push("hard to hit: " + each.outerHTML.slice(0, 120));
    }
    return flaws;
}"""
_BACKGROUND = "() => getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)"


@dataclass(slots=True)
class Seen:
    """What was wrong: name of the page, width and scheme, and what it was."""

    page: Page
    flaws: list[str] = field(default_factory=list)

    def look(self, name: str, url: str) -> None:
        """Open a page once, and look at it in all ways."""
        answer = self.page.goto(url)
        assert answer is not None
        assert answer.status == 200
        for width in _WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 800})
            self._note(name, f"{width}", self.page.evaluate(_FLAWS))
            for scheme, (darkest, lightest) in _SCHEMES.items():
                self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # of a table
                found = self.page.evaluate(_BACKGROUND)
                wrong = [each for each in found[:3] if not darkest <= each <= lightest]
                self._note(name, scheme, [f"background {found}"] if wrong else [])
                if _PICTURES:
                    path = Path(_PICTURES) / f"{name}-{width}-{scheme}.png"
                    self.page.screenshot(path=path, full_page=True)

    def _note(self, name: str, how: str, flaws: list[str]) -> None:
        self.flaws += [f"{name} ({how}): {each}" for each in flaws]


@pytest.fixture
def full(desk: Desk, tmp_path: Path) -> Iterator[World]:
    """The world in which all rights are tried, with long names in it, findings and a web-hook."""
    small = SmallHome.make(tmp_path)
    with override_settings(TOCSIN_HOME=small.home):
        world = make_world(desk)
        world.a.name = f"Networks of the Example Association for Research, {_UNREADABLE}"
        world.a.save()
        world.recipient_a.address = f"{_UNREADABLE}@{_UNREADABLE}.a.example.org"
        world.recipient_a.save()
        world.network_a.label = f"pool {_UNREADABLE}"
        world.network_a.holder = world.a.name
        # Before the day of the reports.
        world.network_a.valid_from = world.list_a.valid_from = clock.now() - dt.timedelta(days=9)
        world.network_a.save()
        world.list_a.save()
        Webhook.objects.create(
            organisation=world.a,
            url=f"https://hooks.a.example.org/{_UNREADABLE}/{_UNREADABLE}",
            secret_number=1,
            made_by="admin@a.example.org",
            made_at=clock.now(),
        )
        # Of the night that is made here, in the place of the one that only has rows.
        for each in (Report, NightList, Night):
            each.objects.all().delete()
        small.collect_events([event(1), event(2, "192.0.2.11", infection=_UNREADABLE)])
        written = write_snapshot(small.home, clock.now())
        small.night_engine().run(DAY, written.path, NIGHT, partial=False)
        notice_nights(clock.now())
        desk.work()
        yield world


def _role(row: Row) -> str | None:
    """Who opens a page: whoever has most to see in it."""
    if 200 not in row.get_is:
        return None
    return next((each for each in (ADMIN_A, CERT, STAFF_ADMIN, NOBODY) if each in row.get), None)


def _is_page(client: Client, url: str) -> bool:
    answer = client.get(url)
    kind = answer.headers.get("Content-Type", "")
    return answer.status_code == 200 and kind.startswith("text/html")


@pytest.mark.skipif(_CHROMIUM is None, reason="needs Debian's chromium")
@pytest.mark.django_db(transaction=True)
def test_every_page_fits_any_screen_and_nothing_in_it_goes_wrong(
    full: World, live_server: LiveServer
) -> None:
    roles = {name: role for name, row in TABLE.items() if (role := _role(row))}
    roles |= {"account_request_login_code": NOBODY, "mfa_index": STAFF_ADMIN}
    args = {name: TABLE[name].args(full) if name in TABLE else {} for name in roles}
    clients = {role: full.browser(role) for role in set(roles.values())}
    urls = {name: reverse(name, kwargs=each) for name, each in args.items()}
    pages = {name: url for name, url in urls.items() if _is_page(clients[roles[name]], url)}
    assert len(pages) > 30
    assert "192.0.2.11" in clients[ADMIN_A].get(urls["organisation_findings"]).content.decode()
    flaws: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        for role, client in clients.items():
            context = browser.new_context()
            if session := client.cookies.get("sessionid"):
                url = live_server.url
                context.add_cookies([{"name": "sessionid", "value": session.value, "url": url}])
            seen = _watched(context)
            for name, path in pages.items():
                if roles[name] == role:
                    seen.look(name, f"{live_server.url}{path}")
            flaws += seen.flaws
        browser.close()
    assert not flaws, "\n".join(flaws)


def _watched(context: BrowserContext) -> Seen:
    """A page of which all that the browser complains about is noted."""
    seen = Seen(context.new_page())
    seen.page.on("pageerror", lambda error: seen.flaws.append(f"{seen.page.url}: {error}"))
    seen.page.on(
        "console",
        lambda said: (
            seen.flaws.append(f"{seen.page.url}: {said.text}") if said.type == "error" else None
        ),
    )
    return seen
