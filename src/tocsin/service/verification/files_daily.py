"""Every day: whom the registries' files name for each active network, and what has changed there.

These are the files of delegations, which tell the holder, and the bulk files, which tell contacts
and organisation. No registry is asked, so all networks are compared at once. Where something has
changed the registry decides: it is asked for that network before all others (`comparison.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from tocsin.service import installation
from tocsin.service.subscribers.in_batches import in_batches
from tocsin.service.subscribers.models import Network, NetworkState
from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.verification.bulk_files import AT_ONCE, named_for
from tocsin.service.verification.facts import RegistryFacts, facts_from_json
from tocsin.service.verification.holder_files import file_id
from tocsin.service.work.worker import Payload, Work

COMPARE_FILES = "compare_files"

_KINDS = (NetworkKind.ASN, NetworkKind.CIDR)


@dataclass(frozen=True, slots=True)
class Said:
    """Of a network: whether the files say otherwise than when it was looked up, and whom the bulk
    files name."""

    network: int
    changed: bool
    named: tuple[str, ...]


def _look(payload: Payload) -> list[Said]:  # noqa: ARG001 - work is given one
    """What is to be written down. A network that was never looked up has nothing to compare
    with. Registry by registry, since each has a file that is read whole."""
    rows = Network.objects.filter(state=NetworkState.ACTIVE, kind__in=_KINDS).exclude(facts={})
    told = rows.order_by("registry", "pk").values_list("pk", "kind", "value", "facts").iterator()
    known = ((pk, NetworkValue(NetworkKind(kind), value), facts) for pk, kind, value, facts in told)
    found: list[Said] = []
    while part := list(islice(known, AT_ONCE)):
        found += _of_part([(pk, value, facts_from_json(facts)) for pk, value, facts in part])
    return found


def _of_part(part: list[tuple[int, NetworkValue, RegistryFacts]]) -> Iterator[Said]:
    home = installation.home()
    named = named_for([network for _, network, _ in part])
    for pk, network, before in part:
        after = named.get(network, ())
        # Where no file was at hand before, nobody can have been replaced by another.
        replaced = bool(before.named) and after != before.named
        changed = replaced or file_id(network, before, home) not in (None, before.file_id)
        if changed or after != before.named:
            yield Said(pk, changed, after)


def _write_down(
    payload: Payload,  # noqa: ARG001 - work is given one
    found: Iterable[Said],
    now: dt.datetime,  # noqa: ARG001 - and the time
) -> None:
    """Put those that have changed first. What was known stays until the registry has been asked:
    it is what the answer is compared with."""
    for part in in_batches(found, AT_ONCE):
        said = {each.network: each for each in part}
        rows = Network.objects.select_for_update().filter(pk__in=said, state=NetworkState.ACTIVE)
        written = list(rows.order_by("pk"))
        for network in written:
            each = said[network.pk]
            if each.changed:
                network.look_again_at = None
            elif network.facts and not network.facts.get("named"):
                network.facts["named"] = list(each.named)
        Network.objects.bulk_update(written, ["look_again_at", "facts"])


COMPARING_FILES = Work(_look, _write_down)
