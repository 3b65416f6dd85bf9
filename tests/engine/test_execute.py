"""Tasks on real worker processes that are really killed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tocsin.engine.execute import MOST_TRIES, KeptProcesses, local_processes, run_tasks
from tocsin.model.errors import InputError, Problem, WorkerLost

SOON = 20.0
"""Seconds within which processes must have ended, on a laden machine; usually well under one."""


@dataclass(frozen=True)
class Chore:
    """What a worker is to do: leave its process number in `place`, then the deed."""

    number: int
    place: Path
    deed: str = ""
    times: int = 0


def work(chore: Chore) -> int:
    (chore.place / f"{chore.number}.{os.getpid()}.{time.monotonic_ns()}").touch()
    if chore.deed == "die" and len(list(chore.place.glob(f"{chore.number}.*"))) <= chore.times:
        os.kill(os.getpid(), signal.SIGKILL)
    if chore.deed == "refuse":
        raise InputError(
            "cut short", where="a.csv", line=3, problems=[Problem("a.csv", 3, 1, "no end")]
        )
    if chore.deed == "sleep":
        time.sleep(60)
    time.sleep(0.02)
    return chore.number**2


def chores(place: Path, count: int, **deeds: tuple[str, int]) -> list[Chore]:
    return [Chore(number, place, *deeds.get(f"n{number}", ("", 0))) for number in range(count)]


def tries(place: Path, number: int) -> int:
    return len(list(place.glob(f"{number}.*")))


def squares(count: int) -> list[int]:
    return [number**2 for number in range(count)]


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_specifications(tmp_path: Path, workers: int) -> None:
    told: list[tuple[int, int]] = []
    results = run_tasks(
        work, chores(tmp_path, 7), workers=workers, on_done=lambda *each: told.append(each)
    )
    assert results == squares(7)
    assert sorted(told) == list(enumerate(squares(7)))


def test_nothing_to_do_is_done(tmp_path: Path) -> None:
    assert run_tasks(work, chores(tmp_path, 0), workers=2) == []


def test_one_worker_makes_no_process(tmp_path: Path) -> None:
    run_tasks(work, chores(tmp_path, 2), workers=1)
    assert {path.name.split(".")[1] for path in tmp_path.iterdir()} == {str(os.getpid())}


def test_a_worker_that_dies_once_costs_nothing_but_time(tmp_path: Path) -> None:
    specs = chores(tmp_path, 8, n3=("die", 1))
    told: list[int] = []
    assert run_tasks(work, specs, workers=2, on_done=lambda at, _: told.append(at)) == squares(8)
    assert sorted(told) == list(range(8))  # none twice, none forgotten
    assert tries(tmp_path, 3) == 2


def test_workers_killed_from_outside_again_and_again_lose_no_result(tmp_path: Path) -> None:
    killed: list[int] = []
    over = threading.Event()

    def kill_now_and_then() -> None:
        while not over.wait(1.2) and len(killed) < 3:
            for worker in own_workers()[:1]:
                worker.kill()
                killed.append(worker.pid)

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    try:
        assert run_tasks(work, chores(tmp_path, 200), workers=2) == squares(200)
    finally:
        over.set()
        killer.join()
    assert killed


def test_a_task_that_always_kills_its_worker_is_given_up_and_named(tmp_path: Path) -> None:
    specs = chores(tmp_path, 6, n2=("die", 99))
    with pytest.raises(WorkerLost, match=r"task 3 of 6 \(work\)"):
        run_tasks(work, specs, workers=2)
    assert tries(tmp_path, 2) == MOST_TRIES
    # Its neighbour was lost with it once at most, and then tried apart from it.
    assert max(tries(tmp_path, number) for number in (0, 1, 3, 4, 5)) <= 2


def test_an_error_of_a_task_crosses_the_border_whole_and_stops_the_rest(tmp_path: Path) -> None:
    deeds = {f"n{number}": ("sleep", 0) for number in range(1, 9)}
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        run_tasks(work, chores(tmp_path, 9, n0=("refuse", 0), **deeds), workers=2)
    assert time.monotonic() - started < SOON
    assert str(caught.value) == "a.csv:3: cut short\n  a.csv:3:1: no end"
    assert len({path.name.split(".")[0] for path in tmp_path.iterdir()}) < 9
    assert_no_workers_left()


def test_an_error_in_on_done_stops_the_rest(tmp_path: Path) -> None:
    def refuse(_index: int, _result: int) -> None:
        raise InputError("not this one")

    with pytest.raises(InputError, match="not this one"):
        run_tasks(work, chores(tmp_path, 9, n8=("sleep", 0)), workers=2, on_done=refuse)
    assert_no_workers_left()


def test_what_was_done_before_a_crash_has_been_told(tmp_path: Path) -> None:
    told: list[int] = []
    with pytest.raises(WorkerLost):
        run_tasks(
            work,
            chores(tmp_path, 4, n3=("die", 99)),
            workers=2,
            on_done=lambda index, _: told.append(index),
        )
    assert set(told) <= {0, 1, 2}
    assert 0 in told


def write_file(path: Path) -> int:
    path.write_text("x")
    return stat.S_IMODE(path.stat().st_mode)


def test_workers_write_private_files(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        assert run_tasks(write_file, [tmp_path / "a", tmp_path / "b"], workers=2) == [0o600] * 2
    finally:
        os.umask(before)


def mark() -> None:
    os.environ["MARKED"] = "yes"


def marked(_spec: int) -> str:
    return os.environ.get("MARKED", "no")


def test_the_initializer_runs_in_every_worker() -> None:
    assert run_tasks(marked, [1, 2], workers=2, initializer=mark) == ["yes", "yes"]


def test_no_worker_is_left_after_the_work(tmp_path: Path) -> None:
    run_tasks(work, chores(tmp_path, 3), workers=2)
    assert_no_workers_left()


def test_no_worker_outlives_a_killed_parent(tmp_path: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from test_execute import chores, work\n"
        "from tocsin.engine.execute import run_tasks\n"
        "place = Path(sys.argv[2])\n"
        "run_tasks(work, chores(place, 2, n0=('sleep', 0), n1=('sleep', 0)), workers=2)\n"
    )
    here = str(Path(__file__).parent)
    with subprocess.Popen([sys.executable, "-c", program, here, str(tmp_path)]) as parent:
        until(lambda: len(list(tmp_path.iterdir())) == 2)
        family = psutil.Process(parent.pid).children(recursive=True)
        assert len(family) >= 2
        parent.kill()
    _, alive = psutil.wait_procs(family, timeout=SOON)
    assert alive == []


class Here(Executor):
    """An executor of another kind: runs at once, and breaks when it is told to."""

    def __init__(self, breaks: list[bool]) -> None:
        self.breaks = breaks

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]  # as typeshed has it
        future: Future[int] = Future()
        if self.breaks.pop(0):
            future.set_exception(BrokenProcessPool("lost"))
        else:
            future.set_result(fn(*args))
        return future


def test_any_executor_will_do(tmp_path: Path) -> None:
    breaks = [False, True, False, False, True, False, False, False]
    made: list[int] = []

    def executors(workers: int) -> AbstractContextManager[Executor]:
        made.append(workers)
        return nullcontext(Here(breaks))

    assert run_tasks(work, chores(tmp_path, 5), workers=2, executors=executors) == squares(5)
    assert made == [2, 2, 2]


def test_leaving_the_pool_by_an_exception_ends_workers_at_work(tmp_path: Path) -> None:
    def interrupted() -> None:
        with local_processes(1) as executor:
            executor.submit(work, Chore(0, tmp_path, "sleep"))
            until(lambda: tries(tmp_path, 0) == 1)
            raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert time.monotonic() - started < SOON
    assert_no_workers_left()


def process_of(_spec: int) -> int:
    time.sleep(0.1)
    return os.getpid()


def test_kept_workers_stay_from_task_to_task_and_go_at_the_end() -> None:
    with KeptProcesses(2) as kept:
        first = set(run_tasks(process_of, range(9), workers=2, executors=kept))
        assert set(run_tasks(process_of, range(9), workers=2, executors=kept)) <= first
        kept.end()
        assert_no_workers_left()
        after = set(run_tasks(process_of, range(9), workers=2, executors=kept))
        assert not after & first
    assert_no_workers_left()


def test_kept_workers_that_are_lost_are_replaced(tmp_path: Path) -> None:
    with KeptProcesses(2) as kept:
        assert run_tasks(work, chores(tmp_path, 2), workers=2, executors=kept) == squares(2)
        for worker in own_workers():
            worker.kill()
        again = tmp_path / "again"
        again.mkdir()
        specs = chores(again, 8, n3=("die", 1))
        assert run_tasks(work, specs, workers=2, executors=kept) == squares(8)
    assert_no_workers_left()


def test_an_error_ends_kept_workers_at_work(tmp_path: Path) -> None:
    deeds = {f"n{number}": ("sleep", 0) for number in range(1, 9)}
    specs = chores(tmp_path, 9, n0=("refuse", 0), **deeds)
    started = time.monotonic()
    with KeptProcesses(2) as kept:
        with pytest.raises(InputError):
            run_tasks(work, specs, workers=2, executors=kept)
        assert_no_workers_left()
    assert time.monotonic() - started < SOON


def own_workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if is_worker(child)]


def is_worker(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


def assert_no_workers_left() -> None:
    until(lambda: not own_workers())


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)
