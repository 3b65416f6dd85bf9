"""A batch: deliveries that were taken together, what they are composed of, and how far they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.core.mail import EmailMessage

from tocsin.service.delivery import outbox
from tocsin.service.delivery.journal import Journal
from tocsin.service.delivery.models import Delivery
from tocsin.service.delivery.outbox import Result

FRESH = dt.timedelta(minutes=2)
"""So long what the database said holds; what was not sent by then is taken, and looked at, anew."""

_RENEWED = outbox.LEASE / 4


class Composes(Protocol):
    """What makes the messages of a batch, without asking the database."""

    def message(self, delivery: Delivery) -> EmailMessage | None:
        """The message; None if it may not go out (any more)."""

    def why_not(self, delivery: Delivery) -> str:
        """Why it may not go out."""


@dataclass(slots=True)
class Batch:
    """One lease. Threads read it; only the one that took it changes it."""

    lease: str
    journal: Journal
    composer: Composes
    taken_at: dt.datetime
    left: set[int]
    until: dt.datetime = field(init=False)
    results: list[Result] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.until = self.taken_at + outbox.LEASE

    @classmethod
    def of(
        cls,
        journal: Journal,
        composer: Composes,
        deliveries: Sequence[Delivery],
        now: dt.datetime,
    ) -> Batch:
        """Just taken."""
        numbers = {each.pk for each in deliveries}
        return cls(journal.lease, journal, composer, now, numbers)

    def may_send(self, now: dt.datetime) -> bool:
        """Whether one of it may still go out.

        A machine that slept wakes up under a lease that may be somebody else's by now.
        """
        return now < min(self.until, self.taken_at + FRESH)

    def note(self, result: Result) -> None:
        """How one of it went."""
        self.left.discard(result.delivery)
        self.results.append(result)

    def settle(self, now: dt.datetime) -> None:
        """Write down what is known; the journal goes when there is nothing more to know."""
        if self.results:
            outbox.settle(self.lease, self.results, now)
            self.results = []
        if not self.left:
            self.journal.end()

    def renew(self, now: dt.datetime) -> None:
        """Keep the lease, well before it is over."""
        if self.until - now < outbox.LEASE - _RENEWED and outbox.renew(self.lease, now):
            self.until = now + outbox.LEASE
