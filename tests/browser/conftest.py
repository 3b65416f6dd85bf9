"""What the walks through the whole service share: an installation, a browser, people in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.browser.place import Place, opened

from tocsin.service.fakes.dns_server import fake_dns
from tocsin.service.fakes.rdap_server import (
    FakeRegister,
    autnum,
    domain,
    entity,
    fake_rdap,
    ip_network,
)

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium; on Debian and Ubuntu: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An installation whose registry knows Example Access Networks."""
    holder = [
        entity("ORG-EX1", "Example Access Networks", ["registrant"], kind="org"),
        entity("NOC-EX1", "Network operations", ["technical"], "noc@example.org"),
    ]
    register = FakeRegister(
        [
            autnum(64496, holder),
            autnum(64497, holder),
            ip_network("NET-EX1", "192.0.2.0/24", holder),
            domain("example.org", holder),
        ]
    )
    mail = {
        ("example.org", "MX"): ["10 mail.example.org."],
        ("example.org", "NS"): ["ns.example.org."],
        ("mail.example.org", "A"): ["192.0.2.25"],
    }
    home = tmp_path_factory.mktemp("walk") / "home"
    with (
        fake_rdap(register) as registry,
        fake_dns(mail) as names,
        opened(home, registry, names) as installed,
    ):
        yield installed
