"""Runs the command line and kills its process, as `kill -9` would, at the N-th touch of a file.

    python -m tests.fakes.kill_at N COUNTER -- ARGUMENTS OF TOCSIN

A touch is an opening for writing, a rename, a removal or the making of a folder, as the
interpreter's audit events tell; so every line between two of them is hit by some N. With N = 0
nothing is killed, and the number of touches is written to the file COUNTER.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tocsin.cli.main import main as tocsin

_TOUCHES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}


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


def main() -> None:
    at, counter = int(sys.argv[1]), Path(sys.argv[2])
    killer = Killer(at)
    sys.argv = ["tocsin", *sys.argv[4:]]
    sys.addaudithook(killer)
    try:
        tocsin()
    finally:
        touches = killer.touches
        if not at:
            counter.write_text(str(touches), encoding="utf-8")


if __name__ == "__main__":
    main()
