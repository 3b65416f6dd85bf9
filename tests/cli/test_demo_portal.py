"""The portal of the demonstration: open at its end, with its mail in sight, and ended again."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tocsin.cli.demo_portal import Portal, close_portal, free_port, open_portal, seed
from tocsin.cli.demo_world.home import fresh_home, furnish
from tocsin.cli.main import application
from tocsin.service.demonstration.people import STAFF, SUBSCRIBER


@contextmanager
def opened(root: Path) -> Iterator[Portal]:
    furnish(fresh_home(root), events=500)
    port = free_port()
    seed(root, port)
    try:
        yield open_portal(root, port)
    finally:
        close_portal(root)


def test_the_portal_shows_what_was_mailed_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    with opened(root) as portal:
        page = urllib.request.urlopen(f"{portal.address}/demonstration/mailbox").read().decode()
        assert STAFF in page
        assert SUBSCRIBER in page
        assert f"{portal.address}/l/confirm-request/" in page
        for text in ("Hospital of Betatown", "Example College", "some questions"):
            assert text in page
        arguments = ["demo", "--stop", "--json", "--home", str(root)]
        stopped = CliRunner().invoke(application("demo"), arguments)
        assert json.loads(stopped.stdout)["ended"] == 3
        assert close_portal(root) == 0
        assert is_gone(portal)


def is_gone(portal: Portal) -> bool:
    """Whether nobody answers there any more; the last answers may take a moment."""
    for _ in range(200):
        try:
            urllib.request.urlopen(portal.address, timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            return True
    return False


def test_a_process_of_somebody_else_is_never_ended(tmp_path: Path) -> None:
    (tmp_path / "portal.pids").write_text("1\n")
    assert close_portal(tmp_path) == 0


def test_the_service_of_the_demonstration_gives_the_night_its_lists(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    home = fresh_home(root)
    furnish(home, events=500)
    seed(root, free_port())
    snapshot = json.loads((home.snapshots / "lists-000000001.json").read_text())
    said = json.loads(home.lists.read_text())
    assert [(each["id"], each["name"]) for each in snapshot["lists"]] == [
        (each["id"], each["name"]) for each in said["lists"]
    ]


@pytest.fixture(autouse=True)
def no_home_of_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOCSIN_HOME", raising=False)
