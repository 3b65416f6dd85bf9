"""Download links under load: as many requests a second as two cores answer, and no error."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from bench.measure import Value

LISTS, REPORTS_EACH, ROWS = 500, 20, 200
SECONDS, CONNECTIONS = 15, 16
MUST = 200.0
"""Requests a second."""

_WAIT = 60.0

_SCRIPT = """\
local paths, number = {}, 0
for line in io.lines(%r) do paths[#paths + 1] = line end
function request()
  number = number %% #paths + 1
  return wrk.format("GET", paths[number])
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\n{"requests": %%d, "micros": %%d, "p95": %%d, "errors": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(95),
    e.connect + e.read + e.write + e.timeout + e.status))
end
"""


def is_installed() -> bool:
    """Whether the program that makes the requests is there."""
    return shutil.which("wrk") is not None


def ours(_: str, place: str, socket: str, seconds: int = SECONDS) -> Value:
    """Fill a home (PostgreSQL at a socket, else SQLite), serve it, and ask for its links.

    rate: requests a second. p95: seconds. errors: answers that were no 2xx, and none at all.
    """
    paths = filled(Path(place), socket, LISTS, REPORTS_EACH, ROWS)
    with served(Path(place)) as address:
        found = asked(address, paths, seconds)
    taken = found["micros"] / 1e6
    return {
        "seconds": taken,
        "rate": found["requests"] / taken,
        "p95": found["p95"] / 1e6,
        "errors": found["errors"],
    }


def filled(root: Path, socket: str, lists: int, reports_each: int, rows: int) -> Path:
    """Make a home with so many reports; the file that holds the paths of all links."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    if socket:
        said = f'[database]\nkind = "postgresql"\nhost = "{socket}"\nuser = "postgres"\n'
        (root / "tocsin.toml").write_text(f'{said}name = "postgres"\n', encoding="utf-8")
    command = [sys.executable, "-m", "bench.figures.links", str(root)]
    numbers = [str(each) for each in (lists, reports_each, rows)]
    subprocess.run([*command, *numbers], check=True)
    return root / "paths"


def fill(root: Path, lists: int, reports_each: int, rows: int) -> None:
    """The same, in a process of its own, since a process serves one home."""
    from tocsin.service.setup import set_up  # noqa: PLC0415 - settings are what it makes of it

    set_up(root)
    from bench.world import downloads  # noqa: PLC0415

    paths = [f"/dl/{each}\n" for each in downloads.fill(lists, reports_each, rows)]
    (root / "paths").write_text("".join(paths), encoding="ascii")


@contextmanager
def served(root: Path) -> Iterator[str]:
    """Run the portal of a home; its address."""
    from tocsin.cli.demo_portal import free_port  # noqa: PLC0415

    listen = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "tocsin", "service", "run", "--listen", listen]
    with subprocess.Popen([*command, "--home", str(root)]) as process:
        try:
            _wait_for(f"http://{listen}/")
            yield f"http://{listen}"
        finally:
            process.terminate()


def asked(address: str, paths: Path, seconds: int) -> dict[str, int]:
    """Ask for all of them in turn, again and again: requests, micros, p95 (micros), errors."""
    script = paths.with_name("ask.lua")
    script.write_text(_SCRIPT % str(paths), encoding="utf-8")
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-s", str(script)]
    done = subprocess.run([*command, address], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return {name: int(count) for name, count in found.items()}


def _wait_for(address: str) -> None:
    until = time.monotonic() + _WAIT
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == HTTPStatus.OK:
                    return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    fill(Path(sys.argv[1]), *(int(each) for each in sys.argv[2:]))
