"""One measurement, in a process of its own, with the memory of all that it starts."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from typing import cast

import psutil

_EVERY = 0.25

Value = dict[str, object]
Config = dict[str, str | bool | int | float | list[str]]


@dataclass(frozen=True, slots=True)
class Measured:
    """seconds: as the function took them, without the process's start. peak: PSS, bytes."""

    seconds: float
    peak: int
    value: Value

    def number(self, name: str) -> float:
        """A figure that the function gave beside its time."""
        return float(cast("float", self.value[name]))


def measure(function: Callable[..., Value], *arguments: str | int) -> Measured:
    """Call a module's function in a fresh process; it gives `seconds` and what else it likes."""
    name = f"{function.__module__}:{function.__name__}"
    command = [sys.executable, "-m", "bench.measure", name, json.dumps(arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        watcher = _Watcher(process.pid)
        output, _ = process.communicate()
        peak = watcher.stop()
    if process.returncode:
        raise SystemExit(f"{name} ended with exit code {process.returncode}")
    value = cast("Value", json.loads(output.splitlines()[-1]))
    return Measured(float(cast("float", value["seconds"])), peak, value)


class _Watcher:
    """Adds up the proportional memory of a process and all below it, again and again."""

    def __init__(self, pid: int) -> None:
        self._peak = 0
        self._done = Event()
        self._thread = Thread(target=self._watch, args=(pid,), daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """The greatest sum that was seen."""
        self._done.set()
        self._thread.join()
        return self._peak

    def _watch(self, pid: int) -> None:
        while not self._done.wait(_EVERY):
            try:
                root = psutil.Process(pid)
                family = [root, *root.children(recursive=True)]
            except psutil.Error:
                return
            self._peak = max(self._peak, sum(map(_memory, family)))


def _memory(process: psutil.Process) -> int:
    try:
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    return 0


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start


def _main() -> None:
    name, _, function = sys.argv[1].partition(":")
    found = getattr(import_module(name), function)
    print(json.dumps(found(*json.loads(sys.argv[2]))))


if __name__ == "__main__":
    _main()
