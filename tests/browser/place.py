"""A real installation to walk through: processes, a registry nearby, a folder of letters."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

from tocsin.cli.demo_portal import free_port
from tocsin.service.fakes.dns_server import FakeDns
from tocsin.service.fakes.rdap_server import FakeRdap

T = TypeVar("T")

_PATIENCE = 40.0


@dataclass(slots=True)
class Place:
    """A home with its portal at `address` and its worker at work."""

    home: Path
    address: str
    environment: Mapping[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def tocsin(self, *words: str, sent: bytes | None = None) -> str:
        """Run a command; what it printed. It has to succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", *words],
            env={**self.environment},
            input=sent,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
        return done.stdout.decode()

    def begin(self, *words: str) -> None:
        """Start a command that goes on."""
        log = (self.home / "service" / f"{words[1]}.log").open("ab")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tocsin", *words],
                env={**self.environment},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)

    def letters(self, address: str) -> list[EmailMessage]:
        """The letters to an address, in order."""
        folder = self.home / "service" / "mail-not-sent"
        read = (
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted(folder.glob("*.eml"))
        )
        return [each for each in read if address in str(each["To"])]

    def letter(self, address: str, subject: str) -> str:
        """The newest letter to an address with these words in its subject; waits for it."""

        def found() -> str:
            fitting = [each for each in self.letters(address) if subject in str(each["Subject"])]
            return text_of(fitting[-1]) if fitting else ""

        try:
            return wait_for(found, f"a letter to {address} about {subject!r}")
        except AssertionError as error:
            others = [f"{each['Subject']}\n{text_of(each)}" for each in self.letters(address)]
            raise AssertionError("\n".join([str(error), "but these:", *others])) from None

    def newest(self, address: str, seen: int) -> str:
        """The text of the newest letter to an address that had `seen` letters before; waits."""

        def found() -> str:
            letters = self.letters(address)
            return text_of(letters[-1]) if len(letters) > seen else ""

        return wait_for(found, f"another letter to {address}")

    def link(self, address: str, subject: str) -> str:
        """The first link of that letter that is opened by having it."""
        (first, *_) = re.findall(rf"{self.address}/l/\S+", self.letter(address, subject))
        return str(first)


def text_of(message: EmailMessage) -> str:
    """The plain text of a letter."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def wait_for(found: Callable[[], T], what: str) -> T:
    """What `found` gives, as soon as it gives something."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError(f"there was not {what} within {_PATIENCE:.0f} seconds")


@contextmanager
def opened(home: Path, registry: FakeRdap, names: FakeDns) -> Iterator[Place]:
    """An installation at `home` that asks the fake registry; it ends with the block."""
    home.mkdir(mode=0o700)
    (home / "tocsin.toml").write_text(
        "[proof]\ndocumentation_allowed = true\nloopback_allowed = true\n"
        f'resolver = "{names.place}"\n'
        f"[proof.rdap]\n{_table(registry.places)}",
        encoding="utf-8",
    )
    address = f"http://127.0.0.1:{free_port()}"
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("TOCSIN_")}
    place = Place(
        home,
        address,
        {**inherited, "TOCSIN_HOME": str(home), "TOCSIN_SERVICE__ADDRESS": address},
    )
    try:
        place.tocsin("service", "setup")
        place.begin("service", "run", "--listen", address.removeprefix("http://"))
        place.begin("service", "work")
        wait_for(lambda: _answers(address), f"a portal at {address}")
        yield place
    finally:
        for process in place.processes:
            process.send_signal(signal.SIGTERM)
        for process in place.processes:
            process.wait(30)


def _table(places: Mapping[str, str]) -> str:
    return "".join(f"{name} = {json.dumps(url)}\n" for name, url in places.items())


def _answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
        return bool(answer.status == 200)
    return False
