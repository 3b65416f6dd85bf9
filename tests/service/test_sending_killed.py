"""Real processes that send to a real listener, killed at the worst moments: nothing goes twice.

But for the one moment that no sender can close: the server has taken a message, and the process
dies before it has noted that. Then the same message goes again, with the same Message-ID.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service.mailbox.test_mailbox_command import called, surroundings

from tocsin.service.fakes.smtp_server import FakeSmtp, fake_smtp

MESSAGES = 6
MANY = 120
BEGIN = (
    "import os, signal, pathlib; from tocsin.service.start import start;"
    "start(pathlib.Path({home!r}));"
    "from tests.service import plain_composer; plain_composer.put_in_place();"
    "from tocsin.service.delivery import batch, journal, outbox, sending;"
    "J = journal.Journal; die = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL);"
)
MAIN = "\nfrom tocsin.cli.main import main\nmain()\n"

NOTED_THEN_DIES = """
noted, seen = J.accepted, []
def accepted(self, number):
    noted(self, number)
    seen.append(number)
    if len(seen) == 3:
        die()
J.accepted = accepted
"""
SETTLED_THEN_DIES = """
settle = outbox.settle
def settled(*a):
    settle(*a)
    die()
outbox.settle = settled
"""

DELIVER = ("service", "deliver")

MOMENTS = {
    "journal begun, nothing taken": "outbox.take = die",
    "taken, nothing composed": "plain_composer.PlainComposer.message = die",
    "the third noted, nothing settled": NOTED_THEN_DIES,
    "all noted, nothing settled": "outbox.settle = die",
    "within the transaction that settles": "outbox.F = die",
    "settled, the journal still there": SETTLED_THEN_DIES,
    "the journal about to go": "J.end = die",
}


@pytest.fixture(scope="module")
def server() -> Iterator[FakeSmtp]:
    with fake_smtp() as fake:
        yield fake


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, server: FakeSmtp) -> Path:
    """A home that has been set up, which each test copies."""
    place = tmp_path_factory.mktemp("sending") / "home"
    place.mkdir(mode=0o700)
    (place / "tocsin.toml").write_text(
        f'[mail]\nhost = "{server.host}"\nport = {server.port}\n'
        "[delivery]\nworkers = 1\nconnections = 1\n"
    )
    done = called(place, "service", "setup")
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def home(template: Path, tmp_path: Path, server: FakeSmtp) -> Path:
    server.taken.clear()
    server.dials.seconds = 0
    return Path(shutil.copytree(template, tmp_path / "home"))


def _filled(home: Path, number: int) -> str:
    names = f"[f'noc{{n}}@example.org' for n in range({number})]"
    return f"from tocsin.service import clock; plain_composer.deliveries({names}, clock.now());"


def begun(home: Path, program: str, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN.format(home=str(home)) + program + MAIN, *DELIVER, *options],
        env=surroundings(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def deliver(home: Path, program: str = "") -> int:
    """The exit code; -9 if it was killed."""
    process = begun(home, program, "--once")
    _, said = process.communicate(timeout=120)
    assert process.returncode in (0, -9), said.decode()
    return process.returncode


def states(home: Path) -> Counter[str]:
    with sqlite3.connect(home / "service" / "tocsin.sqlite3") as connection:
        rows = connection.execute("select state from delivery_delivery").fetchall()
    return Counter(state for (state,) in rows)


def journals(home: Path) -> list[str]:
    return [each.name for each in (home / "service" / "sending").glob("[0-9a-f]*")]


THOROUGH = os.environ.get("TOCSIN_TEST_CASES") == "thorough"
TRIED = list(MOMENTS) if THOROUGH else list(MOMENTS)[2:6:2]


@pytest.mark.parametrize("moment", TRIED)
def test_killed_at_any_moment_each_message_goes_once(
    home: Path, server: FakeSmtp, moment: str
) -> None:
    assert deliver(home, _filled(home, MESSAGES) + "\n" + MOMENTS[moment]) == -9
    # Whoever comes next sees by the journal that nobody holds it, and does not wait for its time.
    assert deliver(home) == 0
    assert states(home) == {"sent": MESSAGES}
    assert len(server.times()) == MESSAGES
    assert set(server.times().values()) == {1}
    assert journals(home) == []


def test_killed_between_answer_and_note_the_same_message_goes_again(
    home: Path, server: FakeSmtp
) -> None:
    assert deliver(home, _filled(home, MESSAGES) + "\nJ.accepted = die") == -9
    assert deliver(home) == 0
    assert states(home) == {"sent": MESSAGES}
    assert len(server.times()) == MESSAGES
    assert len(server.taken) == MESSAGES + 1


KILLS = 12
CONNECTIONS = 4
KILLED_AGAIN_AND_AGAIN = """
import contextlib, json, random, time
from django.db import connections
from tocsin.service import installation
from tocsin.service.delivery.models import Delivery
from tocsin.service.delivery.sending import Sender

home, doubt = installation.home().service / "sending", set()
message = plain_composer.PlainComposer.message

def busy(self, delivery):
    until = time.thread_time() + 0.003  # as much as a report takes
    while time.thread_time() < until:
        pass
    return message(self, delivery)

def has_begun():
    with contextlib.suppress(FileNotFoundError):
        return any(each.stat().st_size for each in home.glob("[0-9a-f]*"))

plain_composer.PlainComposer.message = busy
connections.close_all()
chance = random.Random({seed})
for turn in range({kills} + 1):
    child = os.fork()
    if not child:
        Sender.of(installation.configuration(), clock.now).send_due()
        os._exit(0)
    ended = turn == {kills} and os.waitpid(child, 0)[0]
    while not ended and not has_begun():
        time.sleep(0.001)
        ended = os.waitpid(child, os.WNOHANG)[0]
    if not ended:
        time.sleep(chance.uniform(0.005, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    for each in home.glob("[0-9a-f]*"):
        doubt.update(journal.read(each.name).in_doubt)
found = Delivery.objects.filter(pk__in=doubt)
print(json.dumps(list(found.values_list("message_id", flat=True))))
"""


def test_killed_again_and_again_what_goes_twice_is_what_the_journals_had_in_doubt(
    home: Path, server: FakeSmtp
) -> None:
    text = (home / "tocsin.toml").read_text()
    (home / "tocsin.toml").write_text(
        text.replace("connections = 1", f"connections = {CONNECTIONS}")
    )
    program = KILLED_AGAIN_AND_AGAIN.format(seed=7, kills=KILLS)
    begin = BEGIN.format(home=str(home)) + _filled(home, MANY) + program
    done = subprocess.run(
        [sys.executable, "-c", begin], env=surroundings(home), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert states(home) == {"sent": MANY}
    assert len(server.times()) == MANY
    twice = {number for number, count in server.times().items() if count > 1}
    assert twice <= set(json.loads(done.stdout.splitlines()[-1]))
    # A reply is noted as soon as it is there, whatever is computed meanwhile.
    assert len(server.taken) - MANY <= KILLS // 3
    assert journals(home) == []


TAKING_OVER = ["outbox.give_back = die", "journal.forget = die"]


@pytest.mark.parametrize("moment", TAKING_OVER if THOROUGH else TAKING_OVER[:1])
def test_killed_while_taking_over_from_one_that_was_killed(
    home: Path, server: FakeSmtp, moment: str
) -> None:
    assert deliver(home, _filled(home, MESSAGES) + "\noutbox.settle = die") == -9
    assert deliver(home, moment) == -9
    assert deliver(home) == 0
    assert states(home) == {"sent": MESSAGES}
    assert set(server.times().values()) == {1}
    assert journals(home) == []


def test_two_at_a_time_of_which_one_is_killed_send_nothing_twice(
    home: Path, server: FakeSmtp
) -> None:
    server.dials.seconds = 0.01
    first = begun(home, _filled(home, MANY), "--once")
    while not server.taken:
        assert first.poll() is None, first.communicate()
        time.sleep(0.01)
    second = begun(home, "", "--once")
    while len(server.taken) < MANY // 3:
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    second.communicate(timeout=120)
    assert second.returncode == 0
    assert deliver(home) == 0
    assert states(home) == {"sent": MANY}
    assert len(server.times()) == MANY
    # What the killed one's connection was at.
    assert len(server.taken) <= MANY + 1


def test_several_processes_share_the_work_and_end_when_asked(home: Path, server: FakeSmtp) -> None:
    text = (home / "tocsin.toml").read_text()
    (home / "tocsin.toml").write_text(text.replace("workers = 1", "workers = 2"))
    server.dials.seconds = 0.02
    # The processes that it starts make real messages; of deliveries without a list there are none.
    process = begun(home, _filled(home, MANY))
    deadline = time.monotonic() + 60
    while states(home)["dropped"] < MANY and time.monotonic() < deadline:
        time.sleep(0.1)
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said.decode()
    assert states(home) == {"dropped": MANY}
    assert journals(home) == []


def test_when_the_server_is_gone_the_command_says_so_and_nothing_is_lost(
    home: Path, server: FakeSmtp
) -> None:
    server.die()
    try:
        process = begun(home, _filled(home, MESSAGES), "--once")
        _, said = process.communicate(timeout=60)
    finally:
        server.live()
    assert process.returncode not in (0, -9)
    assert b"the mail server cannot be reached" in said
    assert deliver(home) == 0
    assert set(server.times().values()) == {1}
    assert states(home) == {"sent": MESSAGES}
