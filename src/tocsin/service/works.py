"""The explicit list of all work that the queue may hold, how it is done, and what is daily."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from tocsin.service.letters.send import SENDING
from tocsin.service.letters.write import SEND
from tocsin.service.mailbox.read_message import READING
from tocsin.service.mailbox.recover import RECOVER, RECOVERING
from tocsin.service.mailbox.store import READ
from tocsin.service.subscribers import old_drafts, people
from tocsin.service.verification.claims import CHECK_PROOFS, LOOK_UP, LOOKING_UP, TELL_WAYS
from tocsin.service.verification.other_proofs import CHECKING, TELLING_WAYS
from tocsin.service.work.worker import Work

WORKS: Mapping[str, Work] = {
    SEND: SENDING,
    LOOK_UP: LOOKING_UP,
    READ: READING,
    RECOVER: RECOVERING,
    CHECK_PROOFS: CHECKING,
    TELL_WAYS: TELLING_WAYS,
    people.ACTIVATE: people.ACTIVATING,
    old_drafts.DROP: old_drafts.DROPPING,
}

DAILY: Mapping[str, dt.time] = {
    RECOVER: dt.time(3, 0),
    old_drafts.DROP: dt.time(3, 0),
}
"""Kinds of work that are done every day, from a time of day on (UTC)."""
