"""What one request costs: processor time and queries, of the application alone in one process.

    python -m bench.figures.calls HOME [TIMES]    # a home that `links.filled` has made

Without a server and a network between, so that it says something on a machine that is busy as well.
"""

from __future__ import annotations

import io
import resource
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

ASKED = ("links", "polls", "downloads")
Environ = dict[str, Any]


def main() -> None:
    """Print a line for each kind of request."""
    root, times = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 300
    from tocsin.service.start import start  # noqa: PLC0415 - settings are what it makes of it

    start(root)
    from tocsin.service.wsgi import application  # noqa: PLC0415 - needs Django

    for name in ASKED:
        lines = (root / name).read_text(encoding="ascii").splitlines()
        for line in lines[:20]:
            _answered(application, line)
        queries = _queries(lambda: _answered(application, lines[0]))
        spent = time.process_time()
        for line in islice(cycle(lines), times):
            _answered(application, line)
        spent = time.process_time() - spent
        print(f"{name}: {1e3 * spent / times:.2f} ms, {queries} queries")


def _answered(application: Callable[..., Any], line: str) -> bytes:
    said = []
    answer = application(_environ(line), lambda status, headers: said.append(status))
    content = b"".join(answer)
    answer.close()
    assert said[0].startswith("200"), (said, content)
    return content


def _environ(line: str) -> Environ:
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


def _queries(do: Callable[[], object]) -> int:
    from django.db import connection  # noqa: PLC0415 - needs Django
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        do()
    return len(seen)


if __name__ == "__main__":
    main()
