"""The portal of the demonstration: processes that go on after the command has ended."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.engine.files import write_atomically
from tocsin.model.errors import HomeError

_FIRST_PORT, _PORTS = 8000, 100
_PATIENCE = 30.0
_PIDS = "portal.pids"


@dataclass(frozen=True, slots=True)
class Portal:
    """Where it is, and the numbers of its processes."""

    address: str
    processes: tuple[int, ...]


def free_port(first: int = _FIRST_PORT) -> int:
    """The first free port from `first` on. HomeError if none of a hundred is."""
    for port in range(first, first + _PORTS):
        with contextlib.closing(socket.socket()) as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise HomeError(
        "no port is free for the portal",
        where=f"127.0.0.1:{first}-{first + _PORTS - 1}",
        todo="end what listens there, or leave the portal out with --no-portal",
    )


def seed(root: Path, port: int) -> None:
    """Put the subscribers of the made-up world into the service's database."""
    _run(root, port, ["-m", "tocsin.service.demonstration.seed", str(root)])


def mail_the_night(root: Path, port: int, day: dt.date) -> int:
    """Let the service mail the reports of the night; how many messages that were."""
    words = ["-m", "tocsin.service.demonstration.mailing", str(root), day.isoformat()]
    # What it logs stands before that.
    return int(_run(root, port, words).splitlines()[-1])


def open_portal(root: Path, port: int) -> Portal:
    """Start web server and worker, and wait until the first page is there."""
    rdap = free_port(port + 1)
    resolver = free_port(rdap + 1)
    asked = {
        "TOCSIN_PROOF__RDAP": json.dumps(
            dict.fromkeys(("ip", "autnum", "domain"), f"http://127.0.0.1:{rdap}")
        ),
        "TOCSIN_PROOF__RESOLVER": f"127.0.0.1:{resolver}",
    }
    tocsin = ["-m", "tocsin", "service"]
    at = ["--home", str(root)]
    outside = ["-m", "tocsin.service.demonstration.outside", str(rdap), str(resolver), str(root)]
    environment = {**_named(port), **asked}
    numbers = [
        _left_running(root, words, environment)
        for words in (
            outside,
            [*tocsin, "run", "--listen", f"127.0.0.1:{port}", *at],
            [*tocsin, "work", *at],
        )
    ]
    write_atomically(root / _PIDS, " ".join(map(str, numbers)).encode() + b"\n")
    portal = Portal(f"http://127.0.0.1:{port}", tuple(numbers))
    _wait_for(portal, root)
    return portal


def _left_running(root: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Start a program of ours that outlives this process; its number."""
    log = str(root / "service" / "portal.log")
    return os.posix_spawn(
        sys.executable,
        [sys.executable, *arguments],
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def _named(port: int) -> dict[str, str]:
    """The environment in which the portal is reached at that port; its file of settings is the same
    wherever it runs."""
    return {**os.environ, "TOCSIN_SERVICE__ADDRESS": f"http://127.0.0.1:{port}"}


def close_portal(root: Path) -> int:
    """End the processes of an earlier demonstration in that directory; how many there were."""
    path = root / _PIDS
    if not path.is_file():
        return 0
    ended = sum(_end(int(number), root) for number in path.read_text().split())
    path.unlink(missing_ok=True)
    return ended


def _end(number: int, root: Path) -> bool:
    """End one process, if it is still ours: numbers are given anew."""
    try:
        words = Path(f"/proc/{number}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False
    if not any(word.startswith("tocsin") for word in words) or str(root) not in words:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGTERM)
        return True
    return False


def _wait_for(portal: Portal, root: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(portal.address, timeout=5),  # noqa: S310 - our own http
        ):
            return
        time.sleep(0.1)
    close_portal(root)
    raise HomeError(
        "the portal did not start",
        where=str(root / "service" / "portal.log"),
        todo="look into that file, or leave the portal out with --no-portal",
    )


def _run(root: Path, port: int, arguments: Sequence[str]) -> str:
    done = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=_named(port)
    )
    if done.returncode:
        raise HomeError(
            f"the service could not be set up: {done.stderr.strip()[-2000:]}",
            where=str(root),
            todo="report this; it is a fault of Tocsin",
        )
    return done.stdout
