"""`tocsin mailbox`, called as a mail server calls it."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import subprocess
import sys
from pathlib import Path

import pytest
from tests.service.mailbox.post import REQUESTS, mail
from tests.service.mailbox.test_incoming_listener import free_port

PROGRAM = [sys.executable, "-c", "from tocsin.cli.main import main; main()"]


def surroundings(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO")}
    return kept | {"TOCSIN_HOME": str(home)}


def called(home: Path, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*PROGRAM, *words], input=given, capture_output=True, env=surroundings(home), check=False,
        timeout=120,
    )  # fmt: skip


def counted(home: Path) -> dict[str, int]:
    said = json.loads(called(home, "mailbox", "count", "--json").stdout)
    assert sum(each["messages"] for each in said["counts"]) == said["total"]
    return {
        f"{each['state']} {each['reason']}".strip(): each["messages"] for each in said["counts"]
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has been set up."""
    place = tmp_path_factory.mktemp("mail") / "home"
    place.mkdir(mode=0o700)
    port = free_port()
    (place / "tocsin.toml").write_text(
        f'[mailbox]\nlisten = "smtp:127.0.0.1:{port}"\nmost_bytes = "20KiB"\n'
    )
    done = called(place, "service", "setup")
    if done.returncode == 2:
        done = subprocess.run(
            [sys.executable, "-c",
             "import sys, pathlib; from tocsin.service.setup import set_up;"
             "set_up(pathlib.Path(sys.argv[1]))", str(place)],
            env=surroundings(place), check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return place


def test_the_pipe_ends_with_0_once_the_message_is_stored(home: Path) -> None:
    done = called(home, "mailbox", "receive", "--sender", "a@example.org", given=mail("x"))
    assert (done.returncode, done.stderr) == (0, b"")
    assert counted(home)["waiting"] == 1
    large = called(home, "mailbox", "receive", given=mail("x" * 30_000))
    assert large.returncode == 0
    assert counted(home)["refused too_large"] == 1
    assert len(list((home / "service" / "mail").glob("??/*"))) == 1


def test_the_pipe_ends_with_75_whatever_fails(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    no_database = called(tmp_path / "empty", "mailbox", "receive", given=mail("x"))
    assert no_database.returncode == 75
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    (wrong / "tocsin.toml").write_text("[mailbox]\nlisten = 7\n")
    assert called(wrong, "mailbox", "receive", given=mail("x")).returncode == 75


def test_the_listener_takes_mail_until_it_is_asked_to_end(home: Path) -> None:
    before = counted(home).get("waiting", 0)
    port = int((home / "tocsin.toml").read_text().split("127.0.0.1:")[1].split('"')[0])
    listener = subprocess.Popen(
        [*PROGRAM, "mailbox", "listen"], env=surroundings(home), stdout=subprocess.PIPE
    )
    try:
        assert listener.stdout is not None
        assert b"Listening" in listener.stdout.readline()
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            client.sendmail("a@example.org", [REQUESTS], mail("by the wire"))
    finally:
        listener.send_signal(signal.SIGTERM)
        listener.communicate(timeout=60)
    assert listener.returncode == 0
    assert counted(home)["waiting"] == before + 1


def test_a_listener_without_a_place_says_what_to_name(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    done = called(tmp_path / "home", "mailbox", "listen")
    assert done.returncode == 3
    assert b"mailbox.listen" in done.stderr
    done = called(tmp_path / "home", "mailbox", "fetch")
    assert done.returncode == 3
    assert b"mailbox.imap_host" in done.stderr
