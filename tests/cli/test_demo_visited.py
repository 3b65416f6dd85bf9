"""Who has run the demonstration goes where it sends them: mailbox, report, both accounts."""

from __future__ import annotations

import csv
import io
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.cli.demonstrated import demonstrated

from tocsin.cli.demo_portal import close_portal, free_port, open_portal
from tocsin.cli.demo_portal_shown import portal_shown

_PATIENCE = 20.0
_REPORT_LINK = re.compile(r'href="(http://127\.0\.0\.1:\d+)(/dl/[^"]+)"')


@dataclass(frozen=True)
class Visited:
    """The portal of the demonstration, and what the command says of it."""

    address: str
    said: str

    def told(self, words: str) -> str:
        """What stands behind some words of the command."""
        found = re.search(rf"{words}:?\s+(\S+)", self.said)
        assert found, self.said
        return found[1]

    def client(self) -> httpx.Client:
        """A browser with nobody signed in."""
        return httpx.Client(base_url=self.address, follow_redirects=True, timeout=30)


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    """The demonstration that is made for the other tests, copied, with its portal open."""
    made = demonstrated(tmp_path_factory).second.home
    root = tmp_path_factory.mktemp("visited") / "demo-home"
    shutil.copytree(made, root)
    port = free_port(_port_of(root))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOCSIN_HOME", raising=False)
        try:
            portal = open_portal(root, port)
            yield Visited(portal.address, portal_shown(portal))
        finally:
            close_portal(root)


def _port_of(root: Path) -> int:
    """The port of the portal that the reports of the night name."""
    for path in sorted((root / "service").rglob("*.eml")):
        if found := re.search(rb"http://127\.0\.0\.1:(\d+)/dl/", path.read_bytes()):
            return int(found[1])
    raise AssertionError("no report of the night was mailed")


def test_the_link_of_a_report_in_the_mailbox_gives_the_report(visited: Visited) -> None:
    place = visited.told("codes to sign in as well")
    assert place.startswith(visited.address)
    with visited.client() as client:
        _, path = _REPORT_LINK.findall(client.get(place).text)[0]
        answer = client.get(path)
        assert answer.status_code == 200
        assert re.search(
            r'filename="?\d{4}-\d\d-\d\d-\S+\.csv', answer.headers["Content-Disposition"]
        )
        header, *rows = csv.reader(io.StringIO(answer.text))
        assert header[0] == "timestamp"
        assert rows
        assert {len(row) for row in rows} == {len(header)}


@pytest.mark.parametrize(
    ("who", "page", "reads"),
    [
        ("Sign in as a subscriber", "/organisations/example-isp/reports", "/reports/"),
        ("Sign in as a reviewer", "/staff/requests/", "Hospital of Betatown"),
    ],
)
def test_the_accounts_that_are_printed_sign_in(
    visited: Visited, who: str, page: str, reads: str
) -> None:
    address = visited.told(who)
    with visited.client() as client, visited.client() as mailbox:
        _post(client, "/accounts/login/code/", email=address)
        shown = _post(client, "/accounts/login/code/confirm/", code=_code(mailbox, address))
        if "/2fa/authenticate" in str(shown.url):
            factor = re.search(r'class="mono">(\d{6})<', _letters(mailbox, address))
            assert factor
            _post(client, str(shown.url), code=factor[1])
        answer = client.get(page)
        assert (answer.status_code, answer.url.path) == (200, page)
        assert reads in answer.text


def _post(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(path).text)
    assert found
    answer = client.post(
        path, data={"csrfmiddlewaretoken": found[1], **fields}, headers={"Referer": path}
    )
    assert answer.status_code == 200, answer.text
    return answer


def _letters(client: httpx.Client, address: str) -> str:
    return client.get("/demonstration/mailbox", params={"to": address}).text


def _code(client: httpx.Client, address: str) -> str:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if found := re.search(
            r"^\s*([A-Z0-9]{4}-[A-Z0-9]{4})\s*$", _letters(client, address), re.M
        ):
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"no code was mailed to {address}")
