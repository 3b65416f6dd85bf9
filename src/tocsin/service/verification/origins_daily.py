"""Every day: where the newest atlas sees each active prefix announced, and what has changed in it.

No registry is asked, so all of them are compared at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.service import installation
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor, Subject, line, record_many
from tocsin.service.subscribers.in_batches import in_batches
from tocsin.service.subscribers.models import Network, NetworkState
from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.verification.compare import compare
from tocsin.service.verification.facts import RegistryFacts
from tocsin.service.verification.origins import origins_of
from tocsin.service.work.worker import Payload, Work

COMPARE_ORIGINS = "compare_origins"

_AT_ONCE = 500
_SYSTEM = Actor.system("comparison")


@dataclass(frozen=True, slots=True)
class Moved:
    """A network that is announced by others than before."""

    network: int
    before: tuple[int, ...]
    after: tuple[int, ...]


def _look(payload: Payload) -> list[Moved]:  # noqa: ARG001 - work is given one
    """What has changed. A network that was never looked up has nothing to compare with."""
    home = installation.home()
    rows = Network.objects.filter(state=NetworkState.ACTIVE, kind=NetworkKind.CIDR).order_by("pk")
    found = []
    for number, value, known in rows.values_list("pk", "value", "facts__origins").iterator():
        if known is None:
            continue
        after = origins_of(NetworkValue(NetworkKind.CIDR, value), home)
        if after is not None and after != tuple(known):
            found.append(Moved(number, tuple(known), after))
    return found


def _write_down(
    payload: Payload,  # noqa: ARG001 - work is given one
    found: Iterable[Moved],
    now: dt.datetime,
) -> None:
    """Note it, unless a look-up has seen it meanwhile."""
    for part in in_batches(found, _AT_ONCE):
        moved = {each.network: each for each in part}
        rows = Network.objects.select_for_update().filter(pk__in=moved, state=NetworkState.ACTIVE)
        changed, lines = [], []
        for network in rows.order_by("pk"):
            each = moved[network.pk]
            if tuple(network.facts.get("origins", ())) != each.before:
                continue
            network.facts["origins"] = list(each.after)
            changed.append(network)
            lines.append(_line(network, each, now))
        Network.objects.bulk_update(changed, ["facts"], batch_size=_AT_ONCE)
        record_many(lines)


def _line(network: Network, moved: Moved, now: dt.datetime) -> AuditLine:
    difference = compare(RegistryFacts(origins=moved.before), RegistryFacts(origins=moved.after))
    return line(
        _SYSTEM,
        "network.registry_changed",
        Subject("network", str(network.pk), str(network)),
        now,
        organisation=network.organisation_id,
        after={"changes": list(difference.notes)},
        note="as the newest atlas has it",
    )


COMPARING_ORIGINS = Work(_look, _write_down)
