"""Runs the command line and kills its process, as `kill -9` would, at the N-th touch of a file.

A touch is an opening for writing, a rename, a removal or the making of a folder, as the
interpreter's audit events tell; so every line between two of them is hit by some N.

Each run is a process of its own, forked from one in which everything is loaded (`loaded.py`):
loading takes longer than the runs themselves, and touches no file of a home.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tocsin.cli.main import main as tocsin

_TOUCHES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}
_LONGEST = 120
"""Seconds."""

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.fakes.loaded"])


def run(arguments: Sequence[str], counter: Path, *, kill_at: int = 0) -> int:
    """Run `tocsin` with these arguments; the exit code, -9 where it was killed.

    With `kill_at` 0 nothing is killed, and the number of touches is written to `counter`. What
    it says is in the file beside that, which ends with .log.
    """
    process = _FORKS.Process(target=_called, args=(list(arguments), counter, kill_at))
    process.start()
    process.join(_LONGEST)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"tocsin {' '.join(arguments)}: longer than {_LONGEST} s")
    return process.exitcode


def said(counter: Path) -> str:
    """What the last run with that counter said."""
    return _log(counter).read_text(encoding="utf-8", errors="replace")


def _log(counter: Path) -> Path:
    return counter.with_name(f"{counter.name}.log")


def _called(arguments: Sequence[str], counter: Path, kill_at: int) -> None:
    with _log(counter).open("wb") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    # What Python compiles and keeps the first time would be touches that later runs do not have.
    sys.dont_write_bytecode = True
    sys.argv = ["tocsin", *arguments]
    killer = Killer(kill_at)
    sys.addaudithook(killer)
    try:
        tocsin()
    finally:
        touches = killer.touches
        sys.stdout.flush()
        if not kill_at:
            counter.write_text(str(touches), encoding="utf-8")


class Killer:
    """Counts touches and dies at the one it was told."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.touches = 0

    def __call__(self, name: str, arguments: tuple[object, ...]) -> None:
        if name in _TOUCHES or (name == "open" and _for_writing(arguments)):
            self.touches += 1
            if self.touches == self.at:
                os.kill(os.getpid(), signal.SIGKILL)


def _for_writing(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
