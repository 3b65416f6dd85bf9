"""The daily comparison: every active network is looked up again, and frozen if it is another's.

Of each registry as many a day as its budget allows, those whose turn was longest ago first, spread
over the day. What needs no question is compared for all of them: whom the registries' files name
(`files_daily.py`), and where the atlas sees them announced (`origins_daily.py`). So those of which
a file says otherwise go first, then those of which no file says anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Case, F, Q, QuerySet, When

from tocsin.configuration.service import ProofRules
from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.write import write
from tocsin.service.subscribers.in_batches import in_batches
from tocsin.service.subscribers.models import Network, NetworkState
from tocsin.service.subscribers.values import NetworkKind
from tocsin.service.verification.compare import Difference, compare
from tocsin.service.verification.facts import RegistryFacts, facts_from_json, facts_to_json
from tocsin.service.verification.freezing import freeze_network, take_facts
from tocsin.service.verification.looking_up import look_up
from tocsin.service.verification.telling import tell_admins, tell_staff
from tocsin.service.work.models import Task, TaskState
from tocsin.service.work.queue import enqueue_many
from tocsin.service.work.worker import Payload, Work, inner_only

COMPARE_DAILY = "compare_networks"
COMPARE = "compare_network"

_SPREAD = dt.timedelta(hours=16)
"""Over so much of the day the look-ups are spread."""

_AGAIN = dt.timedelta(hours=20)
"""A network is looked up again so long after the last time at the earliest."""

_SHARE = 0.8
"""So much of what a registry may be asked is for the comparison; the rest is for requests."""

_KEPT = dt.timedelta(days=7)
"""What was done longer ago is forgotten: the marks of a year would be millions."""

_IN_NO_FILE = (Q(facts__file_id="") | Q(facts__file_id__isnull=True)) & (
    Q(facts__named=[]) | Q(facts__named__isnull=True)
)
_RANK = Case(When(look_again_at__isnull=True, then=0), When(_IN_NO_FILE, then=1), default=2)

_AT_ONCE = 500
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)

_MOST_TOLD = 5
"""So many new contacts are written to."""

_SYSTEM = Actor.system("comparison")


def _choose(payload: Payload, now: dt.datetime) -> None:
    """Ask for today's look-ups."""
    done = Task.objects.filter(kind=COMPARE, state=TaskState.DONE, ended_at__lt=now - _KEPT)
    done.delete()
    wanted: dict[str, dict[str, object]] = {}
    due: dict[str, dt.datetime] = {}
    for networks in _of_today(now):
        for number, network in enumerate(networks):
            key = f"{network} {payload['day']}"
            wanted[key] = {"network": network, "day": payload["day"]}
            due[key] = now + _SPREAD * number / len(networks)
        for part in in_batches(networks, _AT_ONCE):
            Network.objects.filter(pk__in=part).update(look_again_at=now + _AGAIN)
    enqueue_many(COMPARE, wanted, now, due)


def _of_today(now: dt.datetime) -> list[list[int]]:
    """The networks whose turn it is today, registry by registry, the longest ago first."""
    rules = installation.configuration().proof
    due = _due(now)
    registries = due.order_by("registry").values_list("registry", flat=True).distinct()
    turns = []
    for registry in registries:
        ranked = due.filter(registry=registry).annotate(rank=_RANK)
        first = ranked.order_by("rank", F("look_again_at").asc(nulls_first=True), "pk")
        found = first.values_list("rank", "look_again_at", "pk")[: of_one_registry(rules)]
        turns += [(rank, turn or _NEVER, pk, registry) for rank, turn, pk in found]
    by_registry: dict[str, list[int]] = {}
    for *_, pk, registry in sorted(turns)[: rules.compared_per_day]:
        by_registry.setdefault(registry, []).append(pk)
    return list(by_registry.values())


def of_one_registry(rules: ProofRules) -> int:
    """How many networks of one registry are compared a day: what its budgets leave for that."""
    in_the_spread = rules.registry_per_minute * int(_SPREAD / dt.timedelta(minutes=1))
    return max(1, int(_SHARE * min(rules.registry_per_day, in_the_spread)))


def _due(now: dt.datetime) -> QuerySet[Network]:
    again = Q(look_again_at__isnull=True) | Q(look_again_at__lte=now)
    return (
        Network.objects.filter(again, state=NetworkState.ACTIVE)
        .filter(Q(looked_up_at__isnull=True) | Q(looked_up_at__lte=now - _AGAIN))
        .exclude(kind=NetworkKind.COUNTRY)
    )


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
