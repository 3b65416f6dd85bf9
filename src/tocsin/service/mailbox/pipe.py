"""A message from a pipe: read to its end, and no more of it kept in memory than is taken."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import BinaryIO

from tocsin.service import installation
from tocsin.service.mailbox.models import CameBy, IncomingMessage
from tocsin.service.mailbox.store import Envelope, store_message, store_too_large

_PIECE = 1 << 20


def receive(stream: BinaryIO, envelope: Envelope, now: dt.datetime) -> IncomingMessage:
    """Store the message; too large ones without their bytes. Errors as of `store_message`."""
    most = installation.configuration().mailbox.most_bytes
    kept, size, digest = bytearray(), 0, hashlib.sha256()
    while piece := stream.read(_PIECE):
        digest.update(piece)
        size += len(piece)
        if len(kept) <= most:
            kept += piece
    raw = bytes(kept)
    if size > most:
        return store_too_large(digest.hexdigest(), size, raw, envelope, CameBy.PIPE, now)
    return store_message(raw, envelope, CameBy.PIPE, now)
