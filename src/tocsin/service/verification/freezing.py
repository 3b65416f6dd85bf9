"""Freezing a network, of which nothing is reported then, and letting staff take that back."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import Network, NetworkState
from tocsin.service.subscribers.snapshots.due import snapshot_is_due
from tocsin.service.verification.facts import facts_from_json
from tocsin.service.verification.telling import tell_admins


@transaction.atomic
def freeze_network(network: Network, reason: str, actor: Actor, now: dt.datetime) -> bool:
    """Freeze it, with the reason for its organisation. False if it was not active."""
    network = _locked(network)
    if network.state != NetworkState.ACTIVE:
        return False
    network.state = NetworkState.FROZEN
    network.frozen_reason = reason
    network.save(update_fields=["state", "frozen_reason"])
    _note(network, "network.frozen", NetworkState.ACTIVE, actor, now, reason)
    snapshot_is_due(now)
    return True


@transaction.atomic
def unfreeze_network(network: Network, actor: Actor, note: str, now: dt.datetime) -> bool:
    """Staff let reports go on, and say why. False if it was not frozen.

    What the registry says now counts from here on: the next comparison is with that.
    """
    if not note.strip():
        raise UsageError(
            "a network is unfrozen without a note",
            where=str(network),
            todo="say what the decision rests on",
        )
    network = _locked(network)
    if network.state != NetworkState.FROZEN:
        return False
    if network.found_facts:
        take_facts(network, network.found_facts)
    network.state = NetworkState.ACTIVE
    network.frozen_reason = ""
    network.save()
    _note(network, "network.unfrozen", NetworkState.FROZEN, actor, now, note)
    snapshot_is_due(now)
    tell_admins(
        network.organisation,
        "network_unfrozen",
        f"network_unfrozen {network.pk} {now.isoformat()}",
        {"network": str(network)},
        now,
    )
    return True


def take_facts(network: Network, said: dict[str, object]) -> None:
    """Let a network have these facts; the caller saves it."""
    facts = facts_from_json(said)
    network.facts = dict(said)
    network.holder = facts.holder[:300]
    network.holder_id = facts.holder_id[:100]
    network.registry = facts.registry[:20]
    network.found_facts = {}


def _locked(network: Network) -> Network:
    return (
        Network.objects.select_for_update(of=("self",))
        .select_related("organisation")
        .get(pk=network.pk)
    )


def _note(
    network: Network, verb: str, before: str, actor: Actor, now: dt.datetime, note: str
) -> None:
    record(
        actor,
        verb,
        Subject("network", str(network.pk), str(network)),
        now,
        organisation=network.organisation_id,
        before={"state": str(before)},
        after={"state": str(network.state)},
        note=note,
    )
