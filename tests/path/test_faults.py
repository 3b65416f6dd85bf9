"""Killed, out of room, twice at once: whatever happens, the bytes are the same in the end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.fakes.kill_at import run, said
from tests.fakes.small_home import SmallHome, event, ndjson

from tocsin.engine.home import Home

POINTS = 7
DONE = (0, 1)
"""Done, and done with a bad line rejected."""
COLLECTED = "2026-11-22T22:00:00Z"
NIGHT = "2026-11-23T00:30:00Z"
_SCRATCH = {"locks", "work"}


@dataclass(frozen=True)
class World:
    """A prepared home, the files to take in, and what an undisturbed run makes of them."""

    base: Path
    files: tuple[Path, ...]
    collect_touches: int
    night_touches: int
    collected: Path
    expected: dict[str, str]

    def collect(self, home: Path) -> list[str]:
        files = [str(path) for path in self.files]
        return ["collect", *files, "--source", "sensors", "--home", str(home), "--now", COLLECTED]

    def night(self, home: Path) -> list[str]:
        """As the nightly timer calls it."""
        return ["nightly", "--home", str(home), "--now", NIGHT]


def _tree(home: Path) -> dict[str, str]:
    """Every file of a home but locks and scratch space, with its hash; nothing half-written."""
    found = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home)
        if path.is_file() and name.parts[0] not in _SCRATCH:
            found[str(name)] = hashlib.sha256(path.read_bytes()).hexdigest()
    assert not [name for name in found if name.endswith(".tmp")]
    return found


def _tocsin(arguments: list[str], *, kill_at: int = 0, counter: Path) -> int:
    code = run(arguments, counter, kill_at=kill_at)
    assert code in (*DONE, -signal.SIGKILL), said(counter)
    return code


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("world")
    small = SmallHome.make(root)
    base = small.home.root
    (base / "tocsin.toml").write_text("workers = 1\nslice_records = 1000\n", encoding="utf-8")
    bad = b"not json\n" + ndjson([event(5, "10.0.0.1")])
    files = (
        small.put("a.ndjson", ndjson([event(n, f"192.0.2.{n % 250}") for n in range(900)]) + bad),
        small.put("b.ndjson", ndjson([event(n, f"198.51.100.{n % 250}") for n in range(2500)])),
        small.put("c.ndjson", ndjson([event(-n, f"203.0.113.{n % 250}") for n in range(700)])),
    )
    collected = root / "collected"
    unfinished = World(base, files, 0, 0, collected, {})
    shutil.copytree(base, collected)
    _tocsin(unfinished.collect(collected), counter=root / "collect")
    done = root / "done"
    shutil.copytree(collected, done)
    _tocsin(unfinished.night(done), counter=root / "night")
    collect_touches, night_touches = (
        int((root / name).read_text()) for name in ("collect", "night")
    )
    return World(base, files, collect_touches, night_touches, collected, _tree(done))


def _kill_points() -> list[tuple[str, float]]:
    chosen = random.Random(20261122)
    return [(("collect", "night")[n % 2], chosen.random()) for n in range(POINTS)]


@pytest.mark.parametrize(("step", "where"), _kill_points())
def test_killed_anywhere_and_run_again_the_bytes_are_the_same(
    world: World, tmp_path: Path, step: str, where: float
) -> None:
    home = tmp_path / "home"
    shutil.copytree(world.base if step == "collect" else world.collected, home)
    arguments = world.collect(home) if step == "collect" else world.night(home)
    touches = world.collect_touches if step == "collect" else world.night_touches
    at = 1 + int(where * touches)
    assert _tocsin(arguments, kill_at=at, counter=tmp_path / "n") == -signal.SIGKILL
    assert _tocsin(arguments, counter=tmp_path / "n") in DONE
    assert _tocsin(world.night(home), counter=tmp_path / "n") in DONE
    assert _tree(home) == world.expected


Started = Callable[[str], tuple[Path, subprocess.Popen[bytes]]]


@pytest.fixture
def start(world: World, tmp_path: Path) -> Iterator[Started]:
    """Starts a step with two workers; what is still running in the end is ended."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(step: str) -> tuple[Path, subprocess.Popen[bytes]]:
        home = tmp_path / "home"
        shutil.copytree(world.base if step == "collect" else world.collected, home)
        (home / "tocsin.toml").write_text("workers = 2\nslice_records = 1000\n", encoding="utf-8")
        arguments = world.collect(home) if step == "collect" else world.night(home)
        started.append(subprocess.Popen([sys.executable, "-m", "tocsin", *arguments]))
        return home, started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):  # it may just be ending by itself
        return False


def _workers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Its workers, once there are any; the helper that tracks shared memory is none."""
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        children = psutil.Process(process.pid).children()
        workers = [child for child in children if _is_worker(child)]
        if workers:
            return workers
        time.sleep(0.005)
    return []


def _settle(world: World, home: Path) -> None:
    (home / "tocsin.toml").write_text("workers = 1\nslice_records = 1000\n", encoding="utf-8")
    assert _tocsin(world.collect(home), counter=home.parent / "n") in DONE
    assert _tocsin(world.night(home), counter=home.parent / "n") in DONE
    assert _tree(home) == world.expected


_MOMENTS = [(step, delay) for step in ("collect", "night") for delay in (0.0, 0.7)]


@pytest.mark.parametrize(("step", "delay"), _MOMENTS)
def test_a_killed_worker_is_replaced_and_the_bytes_are_the_same(
    world: World, start: Started, step: str, delay: float
) -> None:
    home, process = start(step)
    assert _workers(process)
    time.sleep(delay)
    for worker in _workers(process)[:1]:
        with contextlib.suppress(ProcessLookupError):  # it may just have ended by itself
            os.kill(worker.pid, signal.SIGKILL)
    assert process.wait(timeout=90) in DONE
    _settle(world, home)


@pytest.mark.parametrize(("step", "delay"), _MOMENTS)
def test_a_killed_parent_leaves_no_worker_and_the_bytes_are_the_same(
    world: World, start: Started, step: str, delay: float
) -> None:
    home, process = start(step)
    workers = _workers(process)
    time.sleep(delay)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=15)
    assert not alive
    _settle(world, home)


def _mount(folder: Path, size: int) -> bool:
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    return os.getuid() == 0 and subprocess.run(command, check=False).returncode == 0


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for little; the test says how little by remounting."""
    folder = tmp_path / "narrow"
    if not _mount(folder, 64 << 20):
        pytest.skip("mounting a small file system takes root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _resize(folder: Path, size: int) -> None:
    command = ["mount", "-o", f"remount,size={size}", "none", str(folder)]
    subprocess.run(command, check=True)


def _used(folder: Path) -> int:
    about = os.statvfs(folder)
    return (about.f_blocks - about.f_bfree) * about.f_frsize


@pytest.mark.parametrize("step", ["collect", "night"])
def test_a_full_disk_is_told_and_after_making_room_the_bytes_are_the_same(
    world: World, narrow: Path, tmp_path: Path, step: str
) -> None:
    home = narrow / "home"
    shutil.copytree(world.base if step == "collect" else world.collected, home)
    _resize(narrow, _used(narrow) + (40 << 10))
    arguments = world.collect(home) if step == "collect" else world.night(home)
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 4, done.stderr
    assert "no room" in done.stderr
    assert "Traceback" not in done.stderr
    _resize(narrow, 64 << 20)
    assert _tocsin(arguments, counter=tmp_path / "n") in DONE
    assert _tocsin(world.night(home), counter=tmp_path / "n") in DONE
    assert _tree(home) == world.expected


def test_two_nights_at_once_are_one_night(world: World, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(world.collected, home)
    command = [sys.executable, "-m", "tocsin", *world.night(home)]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=90)[1] for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 0], [0, 4]), told
    assert _tree(home) == world.expected


def test_a_night_that_finds_another_at_work_says_so_at_once(world: World, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(world.collected, home)
    command = [sys.executable, "-m", "tocsin", *world.night(home)]
    with Home.open(home, create=False).lock("nightly"):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 4
    assert f"another nightly is at work here (process {os.getpid()})" in done.stderr
