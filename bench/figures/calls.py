"""What one request costs: processor time and queries, of the application alone in one process.

    python -m bench.figures.calls HOME [TIMES]    # a home that `links.filled` has made

Without a server and a network between, so that it says something of a machine that is busy as well.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from bench.figures.links import ASKED, processor_of

Application = Callable[..., Any]

TIMES = 250
_FIRST = 20
"""So many are not measured: they put statements together, and read the catalogue."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one request. processor: milliseconds; database: those of PostgreSQL's process for us."""

    processor: float
    database: float
    queries: int


def costs(root: Path, times: int) -> dict[str, Cost]:
    """By what is asked for. In a process of its own, since a process serves one home."""
    from tocsin.service.start import start  # noqa: PLC0415 - settings are what it makes of it

    start(root)
    from django.core import signals  # noqa: PLC0415 - needs Django
    from django.db import close_old_connections  # noqa: PLC0415 - the same

    from tocsin.service.wsgi import application  # noqa: PLC0415 - needs Django

    # A connection would end after a minute, and with it the process that is measured.
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    return {
        name: _cost(application, (root / name).read_text(encoding="ascii").splitlines(), times)
        for name in ASKED
    }


def _cost(application: Application, lines: list[str], times: int) -> Cost:
    for line in lines[:_FIRST]:
        _ask(application, line)
    queries = _queries(application, lines[0])
    database, own = _database(), time.process_time()
    for line in islice(cycle(lines), times):
        _ask(application, line)
    own, database = time.process_time() - own, _database() - database
    return Cost(1e3 * own / times, 1e3 * database / times, queries)


def _ask(application: Application, line: str) -> None:
    said: list[str] = []
    answer = application(_environ(line), lambda status, _: said.append(status))
    for _ in answer:
        pass
    answer.close()
    if said != ["200 OK"]:
        raise SystemExit(f"{line[:80]}: {said}")


def _environ(line: str) -> dict[str, Any]:
    path, _, rest = line.partition("\t")
    signed, _, body = rest.partition("\t")
    return {
        "REQUEST_METHOD": "POST" if rest else "GET",
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HMAC2": signed,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body.encode()),
        "wsgi.errors": sys.stderr,
    }


def _queries(application: Application, line: str) -> int:
    from django.db import connection  # noqa: PLC0415 - needs Django
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 - the same

    with CaptureQueriesContext(connection) as seen:
        _ask(application, line)
    return len(seen)


def _database() -> float:
    """Seconds of processor that the process of PostgreSQL behind our connection has had."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    if connection.vendor != "postgresql":
        return 0.0
    return processor_of(connection.connection.info.backend_pid)


if __name__ == "__main__":
    told = costs(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else TIMES)
    sys.stdout.write(f"{json.dumps({name: asdict(each) for name, each in told.items()})}\n")
