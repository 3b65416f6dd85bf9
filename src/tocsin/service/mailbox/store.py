"""Keeping what comes in: the bytes in a file, then a row and the task to read it, in one go.

Who gave us the message is told that we have it only after that. A process that is killed in
between leaves a file, and the message comes again; if it does not, the file is found
(`recover.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from tocsin.engine.files import atomic_path
from tocsin.service import installation
from tocsin.service.mailbox.addresses import addressed_to
from tocsin.service.mailbox.header_facts import HeaderFacts, read_header
from tocsin.service.mailbox.models import CameBy, IncomingMessage, MessageState
from tocsin.service.texts import harmless
from tocsin.service.work.queue import enqueue

READ = "read_message"
"""The kind of task that reads a message."""

TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a message was handed over. sender: None if not known, empty for `<>`.

    peer: the address of the server that handed it over by SMTP, None by any other way; helo: how
    that called itself.
    """

    sender: str | None = None
    recipients: tuple[str, ...] = ()
    peer: str | None = None
    helo: str = ""


Store = Callable[[bytes, Envelope], IncomingMessage]


def store_message(
    raw: bytes, envelope: Envelope, came_by: CameBy, now: dt.datetime
) -> IncomingMessage:
    """Keep a message; the same bytes to the same address are the same message.

    StorageFull, HomeError or DatabaseError: it has not been kept.
    """
    sha256 = hashlib.sha256(raw).hexdigest()
    if len(raw) > installation.configuration().mailbox.most_bytes:
        return store_too_large(sha256, len(raw), raw, envelope, came_by, now)
    _write(file_of(sha256), raw)
    return _row(sha256, len(raw), read_header(raw), envelope, came_by, now)


def store_too_large(
    sha256: str, size: int, beginning: bytes, envelope: Envelope, came_by: CameBy, now: dt.datetime
) -> IncomingMessage:
    """Remember a message that is larger than `most_bytes`, without its bytes."""
    most = installation.configuration().mailbox.most_bytes
    with transaction.atomic():
        row = _row(sha256, size, read_header(beginning), envelope, came_by, now, to_read=False)
        if row.state == MessageState.WAITING:
            row.state = MessageState.REFUSED
            row.reason = TOO_LARGE
            row.explanation = f"{size} bytes are more than the {int(most)} that are taken."
            row.read_at = now
            row.save(update_fields=["state", "reason", "explanation", "read_at"])
    return row


def directory() -> Path:
    """Where the messages lie."""
    return installation.home().service / "mail"


def file_of(sha256: str) -> Path:
    """The file of a message."""
    return directory() / sha256[:2] / f"{sha256}.eml"


def _write(path: Path, raw: bytes) -> None:
    directory().mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(raw)
        stream.flush()
        os.fsync(stream.fileno())
    # The name has to outlive a loss of power as well: whoever sent it forgets it then.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _row(
    sha256: str,
    size: int,
    header: HeaderFacts,
    envelope: Envelope,
    came_by: CameBy,
    now: dt.datetime,
    *,
    to_read: bool = True,
) -> IncomingMessage:
    recipients = envelope.recipients or header.recipients
    sender = envelope.sender if envelope.sender is not None else header.return_path
    with transaction.atomic():
        row, new = IncomingMessage.objects.get_or_create(
            sha256=sha256,
            recipient=addressed_to(recipients, installation.configuration().mail),
            defaults={
                "came_by": came_by,
                "sender": None if sender is None else harmless(sender, 320).strip("<> ").lower(),
                "peer": envelope.peer,
                "helo": harmless(envelope.helo, 255),
                "from_address": header.from_address,
                "message_id": header.message_id,
                "in_reply_to": list(header.answers),
                "subject": header.subject,
                "size": size,
                "received_at": now,
            },
        )
        if new and to_read:
            enqueue(READ, str(row.pk), {"message": row.pk}, now)
    return row
