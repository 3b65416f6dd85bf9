"""Links and the API under load: as many requests a second as two cores answer, and no error."""

from __future__ import annotations

import json
import os
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
from tocsin.cli.demo_portal import free_port

LISTS, KINDS, ROWS, DAYS = 100, 37, 200, 3
"""A key polls three days of a list: 111 reports."""

ASKED = ("links", "polls", "downloads")
"""What is asked for: links of mails, `reports/list` and `reports/download` of keys."""

SECONDS, CONNECTIONS = 15, 16
MUST = 200.0
"""Requests a second."""

_WAIT = 60.0

_SCRIPT = """\
local lines, number = {}, 0
for line in io.lines(%r) do lines[#lines + 1] = line end
function request()
  number = number %% #lines + 1
  local path, signed, body = lines[number]:match("^(.-)\\t(.-)\\t(.*)$")
  wrk.headers["HMAC2"] = signed
  if path then return wrk.format("POST", path, nil, body) end
  return wrk.format("GET", lines[number])
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
    """Fill a home (PostgreSQL at a socket, else SQLite), serve it, and ask for each in turn.

    By each of ASKED: rate: requests a second. p95: seconds. errors: answers that were no 2xx, and
    none at all. processor: milliseconds of the server's processes a request. What is measured of
    the application alone: see `alone`.
    """
    root = Path(place)
    filled(root, socket, LISTS, KINDS, ROWS, DAYS)
    said = alone(root)
    with served(root) as (address, server):
        for name in ASKED:
            before = processor_of(server)
            found = asked(address, root / name, seconds)
            used = processor_of(server) - before
            said |= {
                f"{name}_rate": found["requests"] / (found["micros"] / 1e6),
                f"{name}_p95": found["p95"] / 1e6,
                f"{name}_errors": found["errors"],
                f"{name}_processor": 1e3 * used / max(1, found["requests"]),
            }
    return {"seconds": float(seconds * len(ASKED)), **said}


def filled(root: Path, socket: str, lists: int, kinds: int, rows: int, days: int) -> Path:
    """Make a home with so many reports, and files of what may be asked in it, named by ASKED."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    if socket:
        said = f'[database]\nkind = "postgresql"\nhost = "{socket}"\nuser = "postgres"\n'
        (root / "tocsin.toml").write_text(f'{said}name = "postgres"\n', encoding="utf-8")
    command = [sys.executable, "-m", "bench.figures.links", str(root)]
    numbers = [str(each) for each in (lists, kinds, rows, days)]
    subprocess.run([*command, *numbers], check=True)
    return root


def fill(root: Path, lists: int, kinds: int, rows: int, days: int) -> None:
    """The same, in a process of its own, since a process serves one home."""
    from tocsin.service.setup import set_up  # noqa: PLC0415 - settings are what it makes of it

    set_up(root)
    from bench.world import downloads  # noqa: PLC0415 - needs Django

    asked = downloads.fill(lists, kinds, rows, days)
    for name in ASKED:
        lines = [f"{each}\n" for each in getattr(asked, name)]
        (root / name).write_text("".join(lines), encoding="ascii")


def alone(root: Path) -> dict[str, object]:
    """What a request costs without server and network, as `calls` measures it: by each of ASKED."""
    command = [sys.executable, "-m", "bench.figures.calls", str(root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return {f"{name}_alone_{part}": found[name][part] for name in ASKED for part in found[name]}


def processor_of(process: int) -> float:
    """Seconds of processor that a process and its children, which must live, have had (Linux)."""
    told = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    # Behind the name, which may hold anything; the third word there is the state.
    words = told.rpartition(")")[2].split()
    own = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return own + sum(processor_of(int(each)) for each in children.split())


@contextmanager
def served(root: Path) -> Iterator[tuple[str, int]]:
    """Run the portal of a home; its address, and the number of its process."""
    listen = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "tocsin", "service", "run", "--listen", listen]
    with subprocess.Popen([*command, "--home", str(root)]) as process:
        try:
            _wait_for(f"http://{listen}/")
            yield f"http://{listen}", process.pid
        finally:
            process.terminate()


def asked(address: str, lines: Path, seconds: int) -> dict[str, int]:
    """Ask for all of them in turn, again and again: requests, micros, p95 (micros), errors."""
    script = lines.with_name("ask.lua")
    script.write_text(_SCRIPT % str(lines), encoding="utf-8")
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
