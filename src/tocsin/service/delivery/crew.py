"""Several connections, each with a thread of its own, that send what is put before them.

Threads compose and talk only; they neither ask nor change the database.
"""

from __future__ import annotations

import datetime as dt
import queue
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from django.core.mail import EmailMessage

from tocsin.service.delivery.batch import Batch
from tocsin.service.delivery.connection import Broken, Connection, Refused, Unreachable, Unsendable
from tocsin.service.delivery.models import Delivery, DeliveryForm, DeliveryState
from tocsin.service.delivery.outbox import Result
from tocsin.service.delivery.refusals import Verdict, verdict_on

SLOW = 2.0
"""Seconds that a message takes at most, or its domain is slow: it gets half of the connections."""

_TURN = 0.0005
"""Seconds for which a thread computes at most while another one wants to (Python's own are 0.005).

Who waits here may have read that a message was taken, and not noted it yet: that is the moment at
which the death of the process has it sent twice."""

REST = 30.0
"""Seconds for which a connection that the server does not want beside the others is left alone."""

_log = structlog.get_logger("tocsin.delivery")


@dataclass(frozen=True, slots=True)
class Item:
    """One delivery of a batch."""

    batch: Batch
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Done:
    """How one went."""

    batch: Batch
    result: Result


class Crew:
    """Use it in a `with` statement; at its end all that was begun has been finished.

    unreachable: what the server said when not a single connection could be had; nobody sends
    any more then. fault: an error that nobody foresaw, after which nobody sends either.
    """

    def __init__(
        self, number: int, clock: Callable[[], dt.datetime], connect: Callable[[], Connection]
    ) -> None:
        self.done: queue.SimpleQueue[Done] = queue.SimpleQueue()
        self.unreachable = ""
        self.fault: Exception | None = None
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: deque[Item] = deque()
        self._at = Counter[str]()
        self._slow: set[str] = set()
        self._ending = False
        # One thread computes at a time, so that a reply waits for one turn and not for several.
        # They would share one processor anyway; other processes are for the others.
        self._computing = threading.Lock()
        self._turn = sys.getswitchinterval()
        self._connections = [connect() for _ in range(number)]
        for each in self._connections:
            each.computing = self._computing
        self._threads = [
            threading.Thread(target=self._work, args=(each,), name=f"sending-{place}", daemon=True)
            for place, each in enumerate(self._connections)
        ]

    def __enter__(self) -> Crew:
        sys.setswitchinterval(_TURN)
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        for each in self._threads:
            each.join()
        sys.setswitchinterval(self._turn)

    def put(self, items: Iterable[Item]) -> None:
        """Put these before them."""
        with self._changed:
            self._waiting.extend(items)
            self._changed.notify_all()

    def take_back(self) -> list[Item]:
        """What nobody has begun."""
        with self._changed:
            items = list(self._waiting)
            self._waiting.clear()
            return items

    def in_sight(self) -> tuple[int, set[str]]:
        """How many wait that could be sent now, and the slow domains of which enough wait."""
        with self._changed:
            counts = Counter(each.delivery.domain for each in self._waiting)
            slow = {domain for domain in self._slow if counts[domain]}
            return sum(counts.values()) - sum(counts[each] for each in slow), slow

    # --- in the threads -------------------------------------------------------------------

    def _work(self, connection: Connection) -> None:
        while (item := self._next()) is not None:
            begun = time.monotonic()
            try:
                result: Result | None = self._sent(item, connection)
            except Unreachable as error:
                result = self._without_connection(item, str(error))
            except Exception as error:  # noqa: BLE001 - raised where all threads come together
                result = None
                self._fail(error)
            self._finished(item, result, time.monotonic() - begun)
        connection.close()

    def _next(self) -> Item | None:
        """The first that may begin; None at the end."""
        with self._changed:
            while not self._ending:
                place = self._first()
                if place is not None and not self.unreachable and self.fault is None:
                    item = self._waiting[place]
                    del self._waiting[place]
                    self._at[item.delivery.domain] += 1
                    return item
                self._changed.wait()
            return None

    def _first(self) -> int | None:
        most = max(1, len(self._threads) // 2)
        for place, each in enumerate(self._waiting):
            domain = each.delivery.domain
            if domain not in self._slow or self._at[domain] < most:
                return place
        return None

    def _finished(self, item: Item, result: Result | None, seconds: float) -> None:
        domain = item.delivery.domain
        with self._changed:
            self._at[domain] -= 1
            if result is not None:
                (self._slow.add if seconds > SLOW else self._slow.discard)(domain)
            self._changed.notify_all()
        if result is not None:
            self.done.put(Done(item.batch, result))

    def _without_connection(self, item: Item, said: str) -> Result | None:
        """Leave it to the other connections, if there are any; else nobody can send."""
        with self._changed:
            if any(each.has_hope for each in self._connections) and not self._ending:
                self._waiting.appendleft(item)
                self._changed.notify_all()
                self._rest()
                return None
            self.unreachable = self.unreachable or said
            self._changed.notify_all()
        return Result(item.delivery.pk, DeliveryState.WAITING, counted=False)

    def _rest(self) -> None:
        until = time.monotonic() + REST
        while not self._ending and not self.unreachable and time.monotonic() < until:
            if not any(each.has_hope for each in self._connections):
                return
            self._changed.wait(1.0)

    def _sent(self, item: Item, connection: Connection) -> Result:
        delivery, batch = item.delivery, item.batch
        if not batch.may_send(self._clock()):
            return Result(delivery.pk, DeliveryState.WAITING, counted=False)
        message = None
        try:
            message = self._composed(item)
            if message is None:
                return Result(delivery.pk, DeliveryState.DROPPED, batch.composer.why_not(delivery))
            connection.send(message, lambda: batch.journal.going(delivery.pk))
        except Unsendable as error:
            # One that cannot be written must not keep the others from being sent.
            _log.exception("not composed", delivery=delivery.pk)
            return Result(delivery.pk, DeliveryState.WAITING, "not_composed", str(error))
        except Refused as error:
            return refused(delivery, error, has_files=bool(message and message.attachments))
        except Broken as error:
            return _broken(delivery, error, connection)
        try:
            batch.journal.accepted(delivery.pk)
        except OSError as error:
            # A full disk: this one can still be settled, and no other is begun.
            self._fail(error)
        return Result(delivery.pk, DeliveryState.SENT)

    def _composed(self, item: Item) -> EmailMessage | None:
        try:
            with self._computing:
                return item.batch.composer.message(item.delivery)
        except Exception as error:
            raise Unsendable(repr(error)) from error

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self.fault = self.fault or error
            self._changed.notify_all()


def _broken(delivery: Delivery, error: Broken, connection: Connection) -> Result:
    """Whether it was this message, or the server as a whole: that tells a new connection."""
    try:
        connection.open()
    except Unreachable:
        if not error.maybe_taken:
            raise
    return Result(delivery.pk, DeliveryState.WAITING, "no_answer", str(error))


def refused(delivery: Delivery, error: Refused, *, has_files: bool) -> Result:
    """What becomes of a delivery that was refused."""
    said = str(error)
    if error.step == "MAIL" and verdict_on(error.code, said, has_files=has_files) is Verdict.NEVER:
        # It is not this message that is unwelcome, but we: somebody has to put that right, and a
        # whole night must not be lost until then.
        return Result(delivery.pk, DeliveryState.WAITING, "sender_refused", said)
    verdict = verdict_on(error.code, said, has_files=has_files)
    if verdict is Verdict.WITHOUT_FILES and delivery.form != DeliveryForm.LINK:
        # It was refused, so nobody has it: what goes out now is the same delivery, and keeps its
        # Message-ID, by which bounces, and servers that see a message twice, know it.
        return Result(
            delivery.pk,
            DeliveryState.WAITING,
            "files_refused",
            said,
            pause=dt.timedelta(),
            form=DeliveryForm.LINK,
        )
    state = DeliveryState.WAITING if verdict is Verdict.LATER else DeliveryState.FAILED
    return Result(delivery.pk, state, "refused", said)
