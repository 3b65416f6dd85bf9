"""Whom the registries' bulk files name for networks, as far as `tocsin contacts import` brought
them in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain

from tocsin.service.subscribers.abuse_contacts.values import Asked
from tocsin.service.subscribers.models import AbuseContact, ContactOrigin
from tocsin.service.subscribers.values import NetworkKind, NetworkValue

AT_ONCE = 200
"""So many networks are asked for at once: an IPv6 address lies in 129 prefixes, and SQLite takes
32,766 values in one statement."""

_IN_FILES = (NetworkKind.ASN, NetworkKind.CIDR)


def named_for(networks: Sequence[NetworkValue]) -> dict[NetworkValue, tuple[str, ...]]:
    """Of each network, of `AT_ONCE` at most, who is named for the nearest one that holds it: each
    as address and organisation, ascending. Nothing is said of what no file names."""
    around = {each: list(Asked.of(each).networks()) for each in networks if each.kind in _IN_FILES}
    named = _named(set(chain.from_iterable(around.values())))
    found = {}
    for network, holding in around.items():
        nearest = next((each for each in holding if each in named), None)
        if nearest is not None:
            found[network] = tuple(sorted(named[nearest]))
    return found


def _named(networks: Iterable[NetworkValue]) -> dict[NetworkValue, set[str]]:
    by_kind: dict[NetworkKind, list[str]] = defaultdict(list)
    for each in networks:
        by_kind[each.kind].append(each.value)
    named: dict[NetworkValue, set[str]] = defaultdict(set)
    for kind, values in by_kind.items():
        rows = AbuseContact.objects.filter(
            kind=kind, value__in=values, origin=ContactOrigin.REGISTRY_FILE
        )
        told = rows.order_by().values_list("value", "address", "organisation_name")
        for value, address, organisation in told:
            named[NetworkValue(kind, value)].add(f"{address} {organisation}".strip())
    return named
