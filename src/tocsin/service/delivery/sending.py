"""Sending what is due: batch by batch, over several connections, until nothing is left."""

from __future__ import annotations

import datetime as dt
import queue
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from django.db import transaction

from tocsin.configuration.load import Configuration
from tocsin.service import installation
from tocsin.service.delivery import journal, outbox
from tocsin.service.delivery.batch import Batch, Composes
from tocsin.service.delivery.composing import Composer
from tocsin.service.delivery.connection import Connection, Unreachable
from tocsin.service.delivery.crew import Crew, Item
from tocsin.service.delivery.journal import Journal
from tocsin.service.delivery.models import Delivery, DeliveryState
from tocsin.service.delivery.outbox import Result
from tocsin.service.delivery.pacing import Rates
from tocsin.service.delivery.signing import connection_of

BATCH = 100

_ENOUGH = BATCH // 2
"""So many that could be sent now are kept in front of the connections."""

_MOST_BATCHES = 12
"""Open at once: while slow domains hold some up, others are taken."""

_LOOK = 0.5
"""Seconds without news after which leases are looked at."""

_SETTLED_AFTER = 5.0
"""Seconds after which what is known of a batch is written down, though some of it is not done."""

_log = structlog.get_logger("tocsin.delivery")

Clock = Callable[[], dt.datetime]
Compose = Callable[[Sequence[Delivery], dt.datetime], Composes]


@dataclass(frozen=True, slots=True)
class Sent:
    """taken: how many deliveries were taken. unreachable: why there was no connection, or ""."""

    taken: int
    unreachable: str = ""


@dataclass(slots=True)
class Sender:
    """What sends. going: asked between batches; when it says no, what was begun is finished."""

    clock: Clock
    connections: int = 4
    rates: Rates = outbox.NO_LIMIT
    connect: Callable[[], Connection] = Connection
    compose: Compose = Composer.of
    going: Callable[[], bool] = lambda: True
    _open: list[Batch] = field(default_factory=list)
    _settled: float = 0.0
    _found_none: float = -_LOOK

    @classmethod
    def of(cls, configuration: Configuration, clock: Clock) -> Sender:
        """As the operator wants it."""
        rules = configuration.delivery
        return cls(
            clock=clock,
            connections=rules.connections,
            rates=Rates(rules.per_domain_per_minute, rules.per_domain),
            connect=lambda: connection_of(configuration.mail),
        )

    def is_reachable(self) -> bool:
        """Whether the server lets us in now; no delivery is touched."""
        connection = self.connect()
        try:
            connection.open()
        except Unreachable:
            return False
        connection.close()
        return True

    def send_due(self, most: int | None = None) -> Sent:
        """Send what is due until nothing is, `most` were taken, or there is no connection."""
        reconcile(self.clock())
        taken = 0
        self._settled = time.monotonic()
        crew = Crew(self.connections, self.clock, self.connect)
        try:
            with crew:
                while not crew.unreachable and self.going():
                    taken += self._load(crew, None if most is None else most - taken)
                    if not self._open:
                        break
                    self._gather(crew)
                self._finish(crew)
        finally:
            self._leave(crew)
        return Sent(taken, crew.unreachable)

    def _load(self, crew: Crew, most: int | None) -> int:
        """Take batches until there is enough to do; how many deliveries."""
        taken = 0
        if self._open and time.monotonic() - self._found_none < _LOOK:
            return 0
        while len(self._open) < _MOST_BATCHES:
            ready, slow = crew.in_sight()
            size = BATCH if most is None else min(BATCH, most - taken)
            if ready >= _ENOUGH or size <= 0:
                break
            found = self._batch(crew, size, slow)
            if not found:
                self._found_none = time.monotonic()
                break
            taken += found
        return taken

    def _batch(self, crew: Crew, size: int, slow: set[str]) -> int:
        written = Journal.begin(str(uuid.uuid4()))
        now = self.clock()
        try:
            deliveries = outbox.take(written.lease, size, now, but_for=slow, rates=self.rates)
            if not deliveries:
                written.end()
                return 0
            # All that is asked of the database is asked here: threads compose and talk only.
            with transaction.atomic():
                composer = self.compose(deliveries, now)
        except BaseException:
            written.abandon()
            raise
        batch = Batch.of(written, composer, deliveries, now)
        self._open.append(batch)
        crew.put(Item(batch, each) for each in deliveries)
        return len(deliveries)

    def _gather(self, crew: Crew) -> None:
        """Wait for news, note it, and settle what is through."""
        self._note(crew, _LOOK)
        now = self.clock()
        all_of_them = time.monotonic() - self._settled > _SETTLED_AFTER
        if all_of_them:
            self._settled = time.monotonic()
        for each in self._open:
            if all_of_them or not each.left:
                each.settle(now)
            each.renew(now)
        self._open = [each for each in self._open if each.left]
        if crew.fault is not None:
            raise crew.fault

    def _note(self, crew: Crew, seconds: float) -> None:
        """What is known by now, after a wait for the first."""
        try:
            done = crew.done.get(timeout=seconds)
            while True:
                done.batch.note(done.result)
                done = crew.done.get_nowait()
        except queue.Empty:
            return

    def _leave(self, crew: Crew) -> None:
        """Nobody sends any more. After a fault there is something left to write down.

        What cannot be written down, is found by its journal.
        """
        try:
            self._note(crew, 0)
            for each in self._open:
                each.settle(self.clock())
        finally:
            for each in self._open:
                each.journal.abandon()
            self._open = []

    def _finish(self, crew: Crew) -> None:
        """What nobody has begun is given back as it was; what was begun is waited for."""
        for item in crew.take_back():
            item.batch.note(Result(item.delivery.pk, DeliveryState.WAITING, counted=False))
        while self._open:
            self._gather(crew)
            for item in crew.take_back():
                item.batch.note(Result(item.delivery.pk, DeliveryState.WAITING, counted=False))


def send_due(clock: Clock, most: int | None = None) -> int:
    """Send what is due until nothing is, or `most` were taken; how many were taken."""
    return Sender.of(installation.configuration(), clock).send_due(most).taken


def reconcile(now: dt.datetime) -> int:
    """Take over what workers that are gone have left; how many deliveries."""
    found = 0
    living, gone = journal.holders()
    for lease in outbox.leases_over(now, living, gone):
        written = journal.read(lease)
        found += outbox.give_back(lease, written.accepted, now)
        journal.forget(lease)
        # What may go twice goes: a report that is lost is missed by nobody, one that comes twice
        # has one Message-ID.
        _log.warning("lease taken over", lease=lease, may_go_twice=list(written.in_doubt))
    for lease in gone:
        # Settled before its holder died, but for the removal of this file.
        journal.forget(lease)
    return found
