"""When the snapshot is written: soon after each change, and once before the night.

Changes of one minute ask for one piece of work, which is due when the next minute is over: many
changes make one file, and no change waits for long.
"""

from __future__ import annotations

import datetime as dt

from tocsin.service import clock, installation
from tocsin.service.subscribers.snapshots.writing import Written, write_snapshot
from tocsin.service.work.queue import enqueue
from tocsin.service.work.worker import Payload, Work

WRITE = "write_snapshot"
WRITE_DAILY = "write_snapshot_daily"
DAILY_AT = dt.time(0, 10)
"""Before the night, which begins at 00:30: proofs and lists may have ended since the last one."""

_MINUTE = dt.timedelta(minutes=1)


def snapshot_is_due(now: dt.datetime) -> None:
    """Something that the snapshot says has changed. Call it in the transaction of the change."""
    due = now.replace(second=0, microsecond=0) + 2 * _MINUTE
    enqueue(WRITE, due.isoformat(), {}, now, due)


def _write(payload: Payload) -> Written:  # noqa: ARG001 - it says nothing but that it is time
    # The file is no part of the database: it is written in the half that touches the world. Who
    # dies after that writes it again, which makes no second version.
    return write_snapshot(installation.home(), clock.now())


WRITING = Work(_write, lambda _, __, ___: None)
