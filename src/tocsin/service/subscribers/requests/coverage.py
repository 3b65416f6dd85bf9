"""Who else holds or covers a network. For staff alone: nobody else learns who subscribes."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from django.db.models import Q, QuerySet

from tocsin.model.address import ALL_ONES, V4_BITS
from tocsin.model.address import Network as Prefix
from tocsin.service.subscribers.models import Network, NetworkState
from tocsin.service.subscribers.values import NetworkKind, NetworkValue

MOST = 200
"""So many within a network are shown."""


class Relation(StrEnum):
    """How the other network lies to the one that was asked for."""

    SAME = "the same network"
    COVERS = "covers it"
    WITHIN = "lies within it"


class Holding(NamedTuple):
    """A network of somebody, and how it lies."""

    network: Network
    relation: Relation


def who_else(
    network: NetworkValue, *, but_for: int | None = None, most: int = MOST
) -> list[Holding]:
    """Networks on file that are, cover, or lie within a network: prefixes by address, domains by
    name, AS numbers and countries by being the same.

    but_for: an organisation to be left out. The same first, then those that cover it from the
    broadest on, then at most `most` that lie within it. Three queries by index at the most, but
    for domains within, where the domains on file are gone through.
    """
    # Without the order of the model: for its sake SQLite would go through all of a kind.
    own = Network.objects.order_by().exclude(state=NetworkState.ENDED)
    own = own.filter(kind=network.kind.value)
    if but_for is not None:
        own = own.exclude(organisation=but_for)
    own = own.select_related("organisation")
    same = sorted(own.filter(value=network.value), key=lambda each: each.pk)
    found = [Holding(each, Relation.SAME) for each in same]
    if network.kind is NetworkKind.CIDR:
        broader, narrower = _prefixes(network, own)
    elif network.kind is NetworkKind.DOMAIN:
        broader, narrower = _domains(network, own)
    else:
        return found
    above = sorted(broader, key=_breadth)
    found += [Holding(each, Relation.COVERS) for each in above]
    found += [Holding(each, Relation.WITHIN) for each in narrower[:most]]
    return found


def covering_values(network: NetworkValue) -> list[str]:
    """The values of all prefixes or domains that would cover a network, itself not among them."""
    if network.kind is NetworkKind.DOMAIN:
        labels = network.value.split(".")
        return [".".join(labels[number:]) for number in range(1, len(labels))]
    prefix = network.prefix
    broadest = V4_BITS if prefix.is_v4 else 0
    return [str(_shortened(prefix, length)) for length in range(broadest, prefix.length)]


def _prefixes(
    network: NetworkValue, own: QuerySet[Network]
) -> tuple[QuerySet[Network], QuerySet[Network]]:
    """Prefixes nest: one that begins within another and ends within it lies within it."""
    first, last = network.ends()
    within = own.filter(first__gte=first, first__lte=last, last__lte=last)
    within = within.exclude(value=network.value).order_by("first", "last", "pk")
    return own.filter(value__in=covering_values(network)), within


def _domains(
    network: NetworkValue, own: QuerySet[Network]
) -> tuple[QuerySet[Network], QuerySet[Network]]:
    within = own.filter(Q(value__endswith=f".{network.value}")).order_by("value", "pk")
    return own.filter(value__in=covering_values(network)), within


def _shortened(prefix: Prefix, length: int) -> Prefix:
    return Prefix(prefix.first & ~(ALL_ONES >> length), length)


def _breadth(network: Network) -> tuple[int, int]:
    if network.kind == NetworkKind.CIDR:
        return network.network.prefix.length, network.pk
    return network.value.count("."), network.pk
