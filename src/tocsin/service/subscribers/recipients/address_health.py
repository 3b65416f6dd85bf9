"""The health of addresses: written down, asked for, and forgiven.

What came back is the matter of the delivery; here is what follows of it for an address.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import AddressHealth, Health, Recipient
from tocsin.service.subscribers.recipients.dead_addresses import dead_among
from tocsin.service.subscribers.recipients.health_letters import tell_of_death
from tocsin.service.subscribers.recipients.health_rules import Judgement

_ACTOR = Actor.system("bounces")


def health_of(address: str, now: dt.datetime) -> AddressHealth:
    """The row of an address, locked. In the caller's transaction."""
    AddressHealth.objects.get_or_create(address=address, defaults={"since": now})
    return AddressHealth.objects.select_for_update().get(address=address)


def write_down(health: AddressHealth, found: Judgement, now: dt.datetime) -> None:
    """Write down what an address was judged to be, and tell of its death. Again does nothing.

    Who is dead stays dead until somebody has it tried again, or it is heard from: nothing is sent
    to it by which it could show that it is not. In the caller's transaction; the row is locked.
    """
    if health.state == Health.DEAD:
        return
    before = _facts(health)
    if found.state != health.state:
        health.since = now
    health.state = found.state
    health.soft_days, health.hard_days = found.soft_days, found.hard_days
    if found.last is not None:
        health.cause, health.said = found.last.cause, found.last.said
    if health.state == Health.DEAD:
        health.round += 1
    health.save()
    if _facts(health) != before:
        _note(health, _ACTOR, before, now)
    if health.state == Health.DEAD:
        tell_of_death(health, now)


@transaction.atomic
def heard_from(address: str, now: dt.datetime) -> bool:
    """The address has shown that it gets mail; False if nobody doubted that."""
    return _forgive(address, Actor.person(address), now)


@transaction.atomic
def forgive(address: str, actor: Actor, now: dt.datetime) -> bool:
    """Staff have an address tried again, whosever it is; False if it does not fail."""
    return _forgive(address, actor, now)


@transaction.atomic
def try_again(recipient: Recipient, actor: Actor, now: dt.datetime) -> None:
    """Send to an address again, from the next report on; UsageError if it is not dead."""
    if not dead_among([recipient.address]) or not _forgive(recipient.address, actor, now):
        raise UsageError(
            f"{recipient.address} is sent to already",
            where=str(recipient.list),
            todo="nothing",
        )
    record(
        actor,
        "recipient.tried_again",
        Subject("recipient", str(recipient.pk), str(recipient)),
        now,
        organisation=recipient.list.organisation_id,
        before={"health": Health.DEAD},
        after={"health": Health.HEALTHY},
    )


def _forgive(address: str, actor: Actor, now: dt.datetime) -> bool:
    health = AddressHealth.objects.select_for_update().filter(address=address).first()
    if health is None or health.state == Health.HEALTHY:
        return False
    before = _facts(health)
    health.state, health.since, health.forgiven_at = Health.HEALTHY, now, now
    health.soft_days = health.hard_days = 0
    health.save()
    _note(health, actor, before, now)
    return True


def _facts(health: AddressHealth) -> dict[str, object]:
    return {
        "state": health.state,
        "cause": health.cause,
        "soft_days": health.soft_days,
        "hard_days": health.hard_days,
    }


def _note(health: AddressHealth, actor: Actor, before: dict[str, object], now: dt.datetime) -> None:
    subject = Subject("address", str(health.pk), health.address)
    after = _facts(health)
    record(actor, f"address.{health.state}", subject, now, before=before, after=after)
