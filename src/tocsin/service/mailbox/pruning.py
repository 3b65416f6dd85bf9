"""Removing the bytes of old messages; the row stays, and says what became of each.

What is removed is decided by the rows; a message that waits to be read keeps its file, however old
it is. A file that was written lately stays as well: the same bytes may just have come again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tocsin.service import clock, installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.mailbox.models import IncomingMessage, MessageState
from tocsin.service.mailbox.store import directory
from tocsin.service.subscribers.in_batches import in_batches
from tocsin.service.work.worker import Payload, Work

PRUNE = "prune_messages"
DAILY_AT = dt.time(3, 20)
_A_BATCH = 200


def prune_messages(now: dt.datetime) -> int:
    """Remove the files of messages older than `mailbox.keep_days`; how many there were."""
    before = now - dt.timedelta(days=installation.configuration().mailbox.keep_days)
    removed = 0
    for batch in in_batches(_old_files(before), _A_BATCH):
        for path in _prunable(batch, before):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _old_files(before: dt.datetime) -> Iterator[Path]:
    for path in directory().glob("??/*.eml"):
        if path.stat().st_mtime < before.timestamp():
            yield path


def _prunable(paths: Sequence[Path], before: dt.datetime) -> Iterable[Path]:
    """Those that have rows, all of them read and old; a file without a row is about to get one."""
    rows = IncomingMessage.objects.filter(sha256__in=[each.stem for each in paths])
    known, kept = set(), set()
    for sha256, state, received_at in rows.values_list("sha256", "state", "received_at"):
        known.add(sha256)
        if state == MessageState.WAITING or received_at >= before:
            kept.add(sha256)
    return [each for each in paths if each.stem in known - kept]


def _prune(_: Payload) -> int:
    # Files are no part of the database: they go in the half that touches the world, and who dies
    # in it goes on with what is left.
    return prune_messages(clock.now())


def _note(payload: Payload, removed: int, now: dt.datetime) -> None:
    if removed:
        record(
            Actor.system("mailbox"),
            "messages.pruned",
            Subject("mailbox", str(payload["day"]), "stored mail"),
            now,
            after={"files": removed},
        )


PRUNING = Work(_prune, _note)
