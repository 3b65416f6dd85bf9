"""Sending what is due: batch by batch, over several connections, until nothing is left."""

from __future__ import annotations

import datetime as dt
import smtplib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from tocsin.service.delivery import journal, outbox
from tocsin.service.delivery.composing import Composer
from tocsin.service.delivery.models import Delivery, DeliveryState
from tocsin.service.delivery.outbox import Result

BATCH = 100
CONNECTIONS = 4

_log = structlog.get_logger("tocsin.delivery")


def send_due(clock: Callable[[], dt.datetime], most: int | None = None) -> int:
    """Send what is due until nothing is, or `most` were taken; how many were taken."""
    reconcile(clock())
    taken = 0
    with _Connections(CONNECTIONS) as connections:
        while most is None or taken < most:
            size = BATCH if most is None else min(BATCH, most - taken)
            lease, deliveries = outbox.take(size, clock())
            if not deliveries:
                break
            taken += len(deliveries)
            _send(lease, deliveries, connections, clock)
    return taken


def reconcile(now: dt.datetime) -> int:
    """Take over what workers that are gone have left; how many deliveries."""
    found = 0
    living, gone = journal.holders()
    for lease in outbox.leases_over(now, living, gone):
        found += outbox.give_back(lease, journal.accepted_of(lease), now)
        journal.forget(lease)
        _log.warning("lease taken over", lease=lease)
    for lease in gone:
        # Settled before its holder died, but for the removal of this file.
        journal.forget(lease)
    return found


def _send(
    lease: str,
    deliveries: Sequence[Delivery],
    connections: _Connections,
    clock: Callable[[], dt.datetime],
) -> None:
    with journal.journal_of(lease) as written:
        # All that is asked of the database is asked here: threads compose and talk only.
        with transaction.atomic():
            composer = Composer.of(deliveries, clock())
        results = connections.send(deliveries, composer, written)
        outbox.settle(lease, results, clock())


@dataclass(slots=True)
class _Connection:
    """One connection to the mail server; broken ones are opened anew at the next message."""

    backend: BaseEmailBackend | None = None

    def send(self, message: EmailMessage) -> None:
        if self.backend is None:
            self.backend = get_connection()
            self.backend.open()
        try:
            self.backend.send_messages([message])
        except (smtplib.SMTPServerDisconnected, OSError):
            self.close()
            raise

    def close(self) -> None:
        backend, self.backend = self.backend, None
        if backend is not None:
            backend.close()


class _Connections:
    """Several connections, each with a thread of its own."""

    def __init__(self, number: int) -> None:
        self._pool = ThreadPoolExecutor(number, "sending")
        self._each = [_Connection() for _ in range(number)]

    def __enter__(self) -> _Connections:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        for each in self._each:
            each.close()

    def send(
        self, deliveries: Sequence[Delivery], composer: Composer, written: journal.Journal
    ) -> list[Result]:
        """Send them; how each went, in any order."""
        number = len(self._each)
        shares = [deliveries[begin::number] for begin in range(number)]
        done = self._pool.map(
            lambda one, share: _send_share(one, share, composer, written), self._each, shares
        )
        return [result for results in done for result in results]


def _send_share(
    connection: _Connection,
    deliveries: Iterable[Delivery],
    composer: Composer,
    written: journal.Journal,
) -> list[Result]:
    return [_send_one(connection, each, composer, written) for each in deliveries]


def _send_one(
    connection: _Connection, delivery: Delivery, composer: Composer, written: journal.Journal
) -> Result:
    try:
        message = composer.message(delivery)
        if message is None:
            return Result(delivery.pk, DeliveryState.DROPPED, composer.why_not(delivery))
        connection.send(message)
        written.accepted(delivery.pk)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return _refused(delivery, code, said)
    except smtplib.SMTPResponseException as error:
        return _refused(delivery, error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        return Result(delivery.pk, DeliveryState.WAITING, "no_answer", str(error))
    except Exception as error:
        # One report that cannot be read must not keep the others from being sent.
        log = _log.bind(delivery=delivery.pk)
        log.error("not composed", error=repr(error), exc_info=True)
        return Result(delivery.pk, DeliveryState.WAITING, "not_composed", repr(error))
    return Result(delivery.pk, DeliveryState.SENT)


def _refused(delivery: Delivery, code: int, said: bytes | str) -> Result:
    """4xx: later; 5xx: for good."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    state = DeliveryState.WAITING if code < 500 else DeliveryState.FAILED
    return Result(delivery.pk, state, "refused", f"{code} {text}")
