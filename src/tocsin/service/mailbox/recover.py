"""Finding messages of which a process that was killed left the file, and no row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from tocsin.engine.files import TEMPORARY
from tocsin.service.mailbox.models import CameBy, IncomingMessage
from tocsin.service.mailbox.store import Envelope, directory, store_message
from tocsin.service.work.worker import Payload, Work

RECOVER = "recover_messages"

_SETTLED = dt.timedelta(hours=1)
"""Files younger than that may be about to get their row."""


def _recover(_: Payload, _found: None, now: dt.datetime) -> None:
    recover_messages(now)


def recover_messages(now: dt.datetime) -> int:
    """Give a row to each file that has none; remove what is half-written. How many were found."""
    found = 0
    for path in _settled_files(now):
        if path.name.endswith(TEMPORARY):
            path.unlink(missing_ok=True)
        elif not IncomingMessage.objects.filter(sha256=path.stem).exists():
            store_message(path.read_bytes(), Envelope(), CameBy.RECOVERED, now)
            found += 1
    return found


def _settled_files(now: dt.datetime) -> Iterator[Path]:
    for path in sorted(directory().glob("??/*")):
        changed = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
        if now - changed >= _SETTLED:
            yield path


RECOVERING = Work(lambda _: None, _recover)
