"""The explicit list of all work that the queue may hold, and how each kind is done."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.service.letters.send import SENDING
from tocsin.service.letters.write import SEND
from tocsin.service.verification.claims import LOOK_UP, LOOKING_UP
from tocsin.service.work.worker import Work

WORKS: Mapping[str, Work] = {
    SEND: SENDING,
    LOOK_UP: LOOKING_UP,
}
