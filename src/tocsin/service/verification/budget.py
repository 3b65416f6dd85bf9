"""How much a registry may be asked, and what it said before: in the database, for all workers.

These rows are written while a look-up is under way, each in a transaction of its own: what was
asked stays counted, even if nothing comes of the answer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from tocsin.service.subscribers.models import RegistryAnswer, RegistryUse
from tocsin.service.subscribers.values import NetworkValue
from tocsin.service.verification.facts import RegistryFacts, facts_from_json, facts_to_json
from tocsin.service.verification.registry import RegistryUnreachable

LONGEST_CLOSED = dt.timedelta(days=1)
"""A server that wants to be left alone for a year is asked again tomorrow."""


FORGOTTEN = dt.timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Budget:
    """How often each server may be asked."""

    per_minute: int
    per_day: int

    @transaction.atomic
    def take(self, host: str, now: dt.datetime) -> None:
        """Count one request; RegistryUnreachable if there is none left, or the server is closed."""
        minute = now.replace(second=0, microsecond=0)
        RegistryUse.objects.get_or_create(host=host, defaults={"minute": minute, "day": now.date()})
        use = RegistryUse.objects.select_for_update().get(host=host)
        if use.closed_until is not None and now < use.closed_until:
            raise _not_now(host, f"does not want to be asked before {use.closed_until:%H:%M:%S}")
        if use.minute != minute:
            use.minute, use.in_minute = minute, 0
        if use.day != now.date():
            use.day, use.in_day = now.date(), 0
        if use.in_minute >= self.per_minute:
            raise _not_now(host, f"has been asked {use.in_minute} times this minute")
        if use.in_day >= self.per_day:
            raise _not_now(host, f"has been asked {use.in_day} times today")
        use.in_minute += 1
        use.in_day += 1
        use.save()


@transaction.atomic
def close(host: str, pause: dt.timedelta, now: dt.datetime) -> None:
    """The server said that it does not want to be asked for a while."""
    until = now + min(max(pause, dt.timedelta()), LONGEST_CLOSED)
    RegistryUse.objects.filter(host=host).update(closed_until=until)


def known(network: NetworkValue, age: dt.timedelta, now: dt.datetime) -> RegistryFacts | None:
    """What was said of the network, if it was not longer ago than that."""
    said = RegistryAnswer.objects.filter(
        kind=network.kind, value=network.value, asked_at__gt=now - age, asked_at__lte=now
    ).first()
    return facts_from_json(said.facts) if said else None


def keep(network: NetworkValue, facts: RegistryFacts, now: dt.datetime) -> None:
    """Keep what was said, and forget what was said long ago."""
    RegistryAnswer.objects.filter(asked_at__lt=now - FORGOTTEN).delete()
    RegistryAnswer.objects.update_or_create(
        kind=network.kind,
        value=network.value,
        defaults={"facts": facts_to_json(facts), "asked_at": now},
    )


def _not_now(host: str, what: str) -> RegistryUnreachable:
    return RegistryUnreachable(what, where=host, todo="nothing: asked again later")
