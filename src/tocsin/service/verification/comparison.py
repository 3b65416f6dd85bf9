"""The daily comparison: every active network is looked up again, and frozen if it is another's.

So many a day at most, those that were looked up longest ago first, spread over the day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import F, Q

from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.write import write
from tocsin.service.subscribers.models import Network, NetworkState
from tocsin.service.subscribers.values import NetworkKind
from tocsin.service.verification.compare import Difference, compare
from tocsin.service.verification.facts import RegistryFacts, facts_from_json, facts_to_json
from tocsin.service.verification.freezing import freeze_network, take_facts
from tocsin.service.verification.looking_up import look_up
from tocsin.service.verification.telling import tell_admins, tell_staff
from tocsin.service.work.queue import enqueue
from tocsin.service.work.worker import Payload, Work, inner_only

COMPARE_DAILY = "compare_networks"
COMPARE = "compare_network"

_SPREAD = dt.timedelta(hours=16)
"""Over so much of the day the look-ups are spread."""

_AGAIN = dt.timedelta(hours=20)
"""A network is looked up again so long after the last time at the earliest."""

_MOST_TOLD = 5
"""So many new contacts are written to."""

_SYSTEM = Actor.system("comparison")


def _choose(payload: Payload, now: dt.datetime) -> None:
    """Ask for today's look-ups."""
    most = installation.configuration().proof.compared_per_day
    due = Q(look_again_at__isnull=True) | Q(look_again_at__lte=now)
    networks = list(
        Network.objects.filter(due, state=NetworkState.ACTIVE)
        .filter(Q(looked_up_at__isnull=True) | Q(looked_up_at__lte=now - _AGAIN))
        .exclude(kind=NetworkKind.COUNTRY)
        .order_by(F("look_again_at").asc(nulls_first=True), "pk")[:most]
    )
    for number, network in enumerate(networks):
        task = {"network": network.pk, "day": payload["day"]}
        when = now + _SPREAD * number / len(networks)
        enqueue(COMPARE, f"{network.pk} {payload['day']}", task, now, when)
        network.look_again_at = now + _AGAIN
    Network.objects.bulk_update(networks, ["look_again_at"], batch_size=500)


COMPARING_DAILY = inner_only(_choose)


def _look_up(payload: Payload) -> dict[str, Any] | None:
    """None if it needs no look-up any more: another, of an earlier day, was late."""
    network = Network.objects.get(pk=payload["network"])
    looked_up = network.looked_up_at.date().isoformat() if network.looked_up_at else ""
    if network.state != NetworkState.ACTIVE or looked_up >= payload["day"]:
        return None
    return facts_to_json(look_up(network.network))


def _write_down(payload: Payload, found: Mapping[str, Any] | None, now: dt.datetime) -> None:
    network = (
        Network.objects.select_for_update(of=("self",))
        .select_related("organisation")
        .get(pk=payload["network"])
    )
    if found is None or network.state != NetworkState.ACTIVE:
        return
    # Who is active although other facts were found has been unfrozen in view of those.
    before = facts_from_json(network.found_facts or network.facts)
    after = facts_from_json(found)
    difference = compare(before, after)
    network.looked_up_at = now
    if difference.holder_changed:
        network.found_facts = dict(found)
        network.save(update_fields=["looked_up_at", "found_facts"])
        _stop(network, difference, after, now)
        return
    take_facts(network, dict(found))
    network.save()
    if difference.notes and network.facts:
        _note(network, difference, now)


COMPARING = Work(_look_up, _write_down)


def _stop(network: Network, difference: Difference, after: RegistryFacts, now: dt.datetime) -> None:
    """Freeze it, and tell both sides and staff. The new side is told nothing of the old one."""
    reason = f"{difference.holder} Nothing is reported of it until that has been cleared up."
    if not freeze_network(network, reason, _SYSTEM, now):
        return
    _note(network, difference, now)
    day = now.date().isoformat()
    said = {"network": str(network), "reason": difference.holder}
    tell_admins(network.organisation, "network_frozen", f"frozen {network.pk} {day}", said, now)
    tell_staff(
        "staff_network_frozen",
        f"staff_network_frozen {network.pk} {day}",
        {
            **said,
            "organisation": network.organisation.name,
            "slug": network.organisation.slug,
            "notes": list(difference.notes),
        },
        now,
    )
    old = {each.address for each in facts_from_json(network.facts).contacts}
    fresh = [each.address for each in after.contacts_for_proof() if each.address not in old]
    for address in fresh[:_MOST_TOLD]:
        write(
            "holder_changed",
            address,
            f"holder_changed {network.pk} {day} {address}"[:200],
            {"network": str(network), "holder": after.holder},
            now,
        )


def _note(network: Network, difference: Difference, now: dt.datetime) -> None:
    record(
        _SYSTEM,
        "network.registry_changed",
        Subject("network", str(network.pk), str(network)),
        now,
        organisation=network.organisation_id,
        after={"changes": list(difference.notes)},
        note=difference.holder,
    )
