"""Taking mail out of a mailbox: stored first, marked as seen after that."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from tocsin.service import installation
from tocsin.service.mailbox.imap import Source, Waiting
from tocsin.service.mailbox.models import CameBy
from tocsin.service.mailbox.store import Envelope, store_message, store_too_large


@dataclass(frozen=True, slots=True)
class Fetched:
    """How many were stored, and how many of them without their bytes, being too large."""

    stored: int
    too_large: int


def fetch_all(source: Source, clock: Callable[[], dt.datetime]) -> Fetched:
    """Store everything that has not been seen.

    Whoever is killed between storing and marking stores the same message again, which is one.
    """
    most = installation.configuration().mailbox.most_bytes
    waiting = source.waiting()
    large = 0
    for each in waiting:
        if each.size > most:
            large += 1
            _store_header(source, each, clock())
        else:
            store_message(source.fetch(each.uid), Envelope(), CameBy.IMAP, clock())
        source.done(each.uid)
    return Fetched(len(waiting), large)


def _store_header(source: Source, waiting: Waiting, now: dt.datetime) -> None:
    # The whole is not fetched only to be counted; its header and size stand for it.
    header = source.fetch(waiting.uid, header_only=True)
    stands_for = hashlib.sha256(f"{waiting.size}\n".encode() + header).hexdigest()
    store_too_large(stands_for, waiting.size, header, Envelope(), CameBy.IMAP, now)
