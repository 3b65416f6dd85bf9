"""Runs the tests of the service on a real PostgreSQL server of their own: `make test` calls it.

    python -m tests.service.on_postgresql [ARGUMENTS OF PYTEST]

The server lies in a temporary directory, listens on a socket there and nowhere else, and ends with
the tests. Where PostgreSQL is not installed, it says what to install, and does nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOT_THERE = (
    "PostgreSQL is not installed: the tests of the service run on SQLite only.\n"
    "On Debian and Ubuntu: apt-get install postgresql"
)


def main() -> int:
    """Run them; the exit code of pytest."""
    programs = installed_programs()
    if programs is None:
        sys.stdout.write(f"{_NOT_THERE}\n")
        return 0
    with running_server(programs) as socket:
        sys.stdout.write("The tests of the service, on PostgreSQL:\n")
        sys.stdout.flush()
        arguments = sys.argv[1:] or ["-n", "auto", "--dist", "worksteal", "tests/service"]
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            env={**os.environ, "TOCSIN_TEST_POSTGRESQL": str(socket)},
            check=False,
        ).returncode


def installed_programs() -> Path | None:
    """Where initdb and pg_ctl are: Debian keeps them off the path, by version."""
    by_version = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: float(each.parent.name)
    )
    on_path = shutil.which("initdb")
    places = [*reversed(by_version), *([Path(on_path).parent] if on_path else [])]
    found = (each for each in places if (each / "initdb").exists() and (each / "pg_ctl").exists())
    return next(found, None)


@contextmanager
def running_server(programs: Path) -> Iterator[Path]:
    """A server; what it yields is the directory of its socket."""
    # Short, since the path of a socket may have 107 bytes.
    root = Path(tempfile.mkdtemp(prefix="tocsin-pg-", dir="/tmp"))
    data, socket = root / "data", root / "socket"
    socket.mkdir()
    if os.geteuid() == 0:
        for each in (root, socket):
            shutil.chown(each, "postgres", "postgres")
    # What is lost with the machine is lost: nothing here is to outlive the tests.
    unsafe = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    quick = "-c jit=off -c autovacuum=off -c shared_buffers=256MB"
    options = f"-k {socket} -c listen_addresses='' -c max_connections=100 {unsafe} {quick}"
    _call(
        programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"
    )
    try:
        _call(programs / "pg_ctl", "-D", data, "-l", root / "log", "-o", options, "-w", "start")
        yield socket
    finally:
        _call(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(root, ignore_errors=True)


def _call(program: Path, *arguments: object) -> None:
    """Call a program of PostgreSQL, which refuses to be called by root."""
    as_somebody = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run(
        [*as_somebody, str(program), *(str(each) for each in arguments)],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )


if __name__ == "__main__":
    sys.exit(main())
