"""`tocsin recall` that is killed anywhere, also while it makes a day anew, and is called again:
the same files and the same rows in the end, and the day made anew once."""

from __future__ import annotations

import hashlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fakes.kill_at import run, said
from tests.fakes.small_home import DAY, SmallHome, event
from tests.service.mailbox.test_mailbox_command import called, surroundings

POINTS = 6
MORNING = "2026-11-23T09:00:00Z"
TAKEN = """
import sys, pathlib
from tests.fakes.small_home import DAY, NIGHT, SmallHome
from tocsin.engine.home import Home
from tocsin.service.start import start
home = Home.open(pathlib.Path(sys.argv[1]), create=False)
start(home.root)
from tests.service.subscribed import subscribed
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.subscribers.snapshots.writing import write_snapshot
from tocsin.service.work.worker import work_off
from tocsin.service.works import WORKS
subscribed().recipient("noc@example.org")
SmallHome(home).night_engine().run(DAY, write_snapshot(home, NIGHT).path, NIGHT, partial=False)
notice_nights(NIGHT)
work_off(WORKS, lambda: NIGHT)
"""
"""The night of the day, for a list, and taken by the service."""

_SCRATCH = {"locks", "work"}
_TABLES = (
    "delivery_recall",
    "delivery_recalledreport",
    "delivery_night",
    "audit_auditline",
    "work_task",
)


@dataclass(frozen=True)
class Prepared:
    """A home whose night the service has taken, what a recall touches, and what it comes to."""

    home: Path
    touches: int
    expected: dict[str, object]


def _tocsin(home: Path, *, counter: Path, kill_at: int = 0) -> int:
    words = [
        "recall",
        "--sensor",
        "s1",
        "--date",
        str(DAY),
        "--owner",
        "Ada",
        "--reason",
        "Crawlers.",
    ]
    code = run([*words, "--home", str(home), "--now", MORNING], counter, kill_at=kill_at)
    assert code in (0, -signal.SIGKILL), said(counter)
    return code


def _outcome(home: Path) -> dict[str, object]:
    """The engine's files but locks and scratch space, and how many rows the service has."""
    found: dict[str, object] = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home)
        if path.is_file() and name.parts[0] not in {*_SCRATCH, "service"}:
            assert not name.name.endswith(".tmp")
            found[str(name)] = hashlib.sha256(path.read_bytes()).hexdigest()
    with sqlite3.connect(home / "service" / "tocsin.sqlite3") as connection:
        for table in _TABLES:
            ((found[table],),) = connection.execute(f"SELECT count(*) FROM {table}")
    return found


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    root = tmp_path_factory.mktemp("recall")
    small = SmallHome.make(root)
    home = small.home.root
    (home / "tocsin.toml").write_text("workers = 1\n", encoding="utf-8")
    small.collect_events([event(1, sensor="s1"), event(2, "192.0.2.11", sensor="s2")])
    assert called(home, "service", "setup").returncode == 0
    done = subprocess.run(
        [sys.executable, "-c", TAKEN, str(home)],
        env=surroundings(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    recalled = Path(shutil.copytree(home, root / "recalled"))
    assert _tocsin(recalled, counter=root / "n") == 0
    expected = _outcome(recalled)
    assert [expected[each] for each in ("delivery_recall", "delivery_recalledreport")] == [1, 1]
    assert f"findings/{DAY}/r2.parquet" in expected
    return Prepared(home, int((root / "n").read_text()), expected)


@pytest.mark.parametrize("where", [random.Random(20261123 + n).random() for n in range(POINTS)])
def test_killed_anywhere_and_called_again_it_comes_to_the_same(
    prepared: Prepared, tmp_path: Path, where: float
) -> None:
    home = Path(shutil.copytree(prepared.home, tmp_path / "home"))
    at = 1 + int(where * prepared.touches)
    assert _tocsin(home, counter=tmp_path / "n", kill_at=at) == -signal.SIGKILL
    assert _tocsin(home, counter=tmp_path / "n") == 0
    assert _outcome(home) == prepared.expected
