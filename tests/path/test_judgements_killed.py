"""Nights that hold back and release, killed anywhere: each row on hold goes out exactly once."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fakes.judged import HOST, alpha_rows, hold, release
from tests.fakes.kill_at import run, said
from tests.fakes.small_home import DAY, SmallHome, event

from tocsin.engine.home import Home
from tocsin.engine.nightly.package import packages
from tocsin.engine.nightly.run import Finished

POINTS = 8
NEXT, AFTER = "2026-11-23", "2026-11-24"


@dataclass(frozen=True)
class World:
    """A home before a night that holds back, one before the night that releases, and how often
    each night touches a file."""

    holding: Path
    releasing: Path
    touches: dict[str, int]
    expected: dict[str, dict[str, str]]


def _night(home: Path, day: str) -> list[str]:
    moment = f"{day[:8]}{int(day[8:]) + 1}T00:30:00Z"
    return ["nightly", "--date", day, "--no-wait", "--now", moment, "--json", "--home", str(home)]


def _tocsin(arguments: list[str], counter: Path, *, kill_at: int = 0) -> int:
    code = run(arguments, counter, kill_at=kill_at)
    assert code in (0, -signal.SIGKILL), said(counter)
    return code


def _tree(home: Path) -> dict[str, str]:
    """Everything that a run leaves, by name; no half-written file among it."""
    found = {}
    for part in ("runs", "lake/withheld", "lake/published", "findings", "statistics"):
        for path in sorted((home / part).rglob("*")):
            if path.is_file():
                name = str(path.relative_to(home))
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    assert not [name for name in found if name.endswith(".tmp")]
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("judged")
    small = SmallHome.make(root)
    (small.home.root / "tocsin.toml").write_text("workers = 1\n", encoding="utf-8")
    small.collect_events([event(n, f"192.0.2.{10 + n % 3}") for n in range(30)])
    held = hold(small)
    holding = root / "holding"
    shutil.copytree(small.home.root, holding)
    _tocsin(_night(small.home.root, str(DAY)), root / "hold")
    expected = {str(DAY): _tree(small.home.root)}
    release(small, held)
    releasing = root / "releasing"
    shutil.copytree(small.home.root, releasing)
    _tocsin(_night(small.home.root, NEXT), root / "release")
    expected[NEXT] = _tree(small.home.root)
    touches = {
        str(DAY): int((root / "hold").read_text()),
        NEXT: int((root / "release").read_text()),
    }
    return World(holding, releasing, touches, expected)


def _points() -> list[tuple[str, float]]:
    chosen = random.Random(20261122)
    return [((str(DAY), NEXT)[n % 2], chosen.random()) for n in range(POINTS)]


@pytest.mark.parametrize(("day", "where"), _points())
def test_killed_anywhere_a_night_holds_and_releases_the_same(
    world: World, tmp_path: Path, day: str, where: float
) -> None:
    home = tmp_path / "home"
    shutil.copytree(world.holding if day == str(DAY) else world.releasing, home)
    at = 1 + int(where * world.touches[day])
    assert _tocsin(_night(home, day), tmp_path / "n", kill_at=at) == -signal.SIGKILL
    _tocsin(_night(home, day), tmp_path / "n")
    assert _tree(home) == world.expected[day]
    if day == NEXT:
        _tocsin(_night(home, AFTER), tmp_path / "n")
        assert _released(home) == [("2026-11-23", 10)]


def _released(home: Path) -> list[tuple[str, int]]:
    """The runs that told the owner of the host that was on hold, and of how many events."""
    small = SmallHome(Home(home))
    told = []
    for package in packages(home):
        manifest = json.loads((package.path / "manifest.json").read_text())
        run = Finished(package, manifest, fresh=False)
        if HOST in [host for _, host in alpha_rows(small, run)]:
            events = sum(unit["rows"] + unit["merged"] for unit in manifest["units"].values())
            told.append((str(package.day), events))
    return told
