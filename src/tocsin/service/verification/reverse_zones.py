"""Under which names of the DNS a proof of a network is looked for.

Whoever can write there answers for the network: below the domain itself, and below the zone of the
reverse tree that holds the prefix. Zones are cut at whole octets (IPv4) or nibbles (IPv6): a prefix
between two cuts is proven in the zone above it, or in each of the zones that it is made of.
"""

from __future__ import annotations

import ipaddress

from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.verification.suffixes import registered_domain

LABEL = "_tocsin"

MOST_PARTS = 16
"""Of more zones than this, nobody fills each."""


def names_for(network: NetworkValue) -> tuple[tuple[str, ...], ...]:
    """The alternatives, each a group of names that all have to hold the proof.

    None for what has no place in the DNS: AS numbers, countries, public suffixes, prefixes above
    the first cut.
    """
    if network.kind is NetworkKind.DOMAIN:
        # Below a public suffix anybody may have a name, and this one too.
        return ((f"{LABEL}.{network.value}",),) if registered_domain(network.value) else ()
    if network.kind is not NetworkKind.CIDR:
        return ()
    prefix = ipaddress.ip_network(network.value)
    step = 8 if prefix.version == 4 else 4
    above = prefix.prefixlen // step * step
    groups: list[tuple[str, ...]] = []
    if above:
        groups.append((_name(prefix.supernet(new_prefix=above)),))
    below = above + step
    if above != prefix.prefixlen and 1 << (below - prefix.prefixlen) <= MOST_PARTS:
        groups.append(tuple(_name(each) for each in prefix.subnets(new_prefix=below)))
    return tuple(groups)


def _name(prefix: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    """The name below the zone of a prefix that ends at a cut."""
    address = prefix.network_address
    labels = address.reverse_pointer.split(".")
    whole = prefix.prefixlen // (8 if prefix.version == 4 else 4)
    unused = (4 if prefix.version == 4 else 32) - whole
    return ".".join([LABEL, *labels[unused:]])
