"""Real processes, killed at the worst moments: nothing is lost, and nothing is done twice.

Each is sent SIGKILL by itself, at a line that is named; what comes after it is what anybody would
do: the mail server hands the message over once more, and the worker is started again.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path

import pytest
from tests.service.mailbox.post import COMPLETE, mail
from tests.service.mailbox.test_mailbox_command import called, surroundings

KILL = "import os, signal; die = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL);"
LATER = (
    "import datetime as dt; from tocsin.service import clock; then = clock.now;"
    "clock.now = lambda: then() + dt.timedelta(minutes=11 * {});"
)
MAIN = "from tocsin.cli.main import main; main()"

BEFORE_ROW = "from tocsin.service.mailbox import store; store._row = die;"
BEFORE_TASK = "from tocsin.service.mailbox import store; store.enqueue = die;"
BEFORE_MARK = "from tocsin.service.work import queue; queue.finish = die;"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that has been set up; SQLite, and a folder for letters."""
    place = tmp_path / "home"
    place.mkdir(mode=0o700)
    (place / "tocsin.toml").write_text("[mailbox]\n")
    done = called(place, "service", "setup")
    assert done.returncode == 0, done.stderr
    return place


def run(home: Path, program: str, *words: str, given: bytes = b"") -> int:
    """The exit code of a process; -9 if it was killed."""
    start = "import django, os;" + (
        f"from tocsin.service.start import start; from pathlib import Path;"
        f"start(Path({str(home)!r}));"
    )
    done = subprocess.run(
        [sys.executable, "-c", start + KILL + program + MAIN, *words],
        input=given, capture_output=True, env=surroundings(home), check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode in (0, -9), done.stderr.decode()
    return done.returncode


def work(home: Path, program: str = "", later: int = 0) -> int:
    return run(home, LATER.format(later) + program, "service", "work", "--once")


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    (database,) = home.rglob("*.sqlite3")
    with sqlite3.connect(database) as connection:
        return connection.execute(query).fetchall()


def letters(home: Path) -> list[str]:
    """The identifiers of the letters that were handed over."""
    return [
        str(message_from_bytes(each.read_bytes())["Message-ID"])
        for each in sorted(home.rglob("*.eml"))
        if each.name[:6].isdecimal() and "-" in each.name
    ]


def test_a_message_survives_every_death_and_is_answered_once(home: Path) -> None:
    raw = mail(COMPLETE.replace("192.0.2.0/24", ""))
    assert run(home, BEFORE_ROW, "mailbox", "receive", given=raw) == -9
    assert rows(home, "select count(*) from mailbox_incomingmessage") == [(0,)]
    assert run(home, BEFORE_TASK, "mailbox", "receive", given=raw) == -9
    assert rows(home, "select count(*) from mailbox_incomingmessage") == [(0,)]
    assert run(home, "", "mailbox", "receive", given=raw) == 0
    assert run(home, "", "mailbox", "receive", given=raw) == 0
    counts = json.loads(called(home, "mailbox", "count", "--json").stdout)
    assert counts["total"] == 1
    waiting = "select count(*) from work_task where kind = 'read_message' and state = 'waiting'"
    assert rows(home, waiting) == [(1,)]

    # The worker dies when it has read the message, and has not marked that; then with each letter.
    only = "from tocsin.service import schedule; schedule.enqueue_daily = lambda *a: None;"
    assert work(home, only + BEFORE_MARK) == -9
    assert rows(home, "select count(*) from subscribers_request") == [(0,)]
    assert work(home, only) == 0  # under the lease of the one that died: it waits
    assert rows(home, "select count(*) from subscribers_request") == [(0,)]
    send = "from tocsin.service.letters import send; from tocsin.service import works;"
    dying = (
        "works.WORKS = {**works.WORKS, 'send_letter': type(send.SENDING)(send._hand_over, die)};"
    )
    assert work(home, only + send + dying, later=1) == -9
    assert rows(home, "select count(*) from subscribers_request") == [(1,)]
    assert rows(home, "select state from letters_letter") == [("waiting",)]
    assert work(home, only, later=2) == 0
    assert rows(home, "select state from letters_letter") == [("sent",)]
    # It was handed over twice, as mail must be, and is one by its identifier.
    assert len(set(letters(home))) == 1
    assert rows(home, "select count(*) from subscribers_request") == [(1,)]
    assert rows(home, "select verb, count(*) from audit_auditline group by verb order by 1") == [
        ("message.taken", 1), ("request.made", 1),
    ]  # fmt: skip
