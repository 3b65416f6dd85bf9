"""Address space that cannot be somebody's network on the Internet.

Sources of the facts: the IANA special-purpose address registries (RFC 6890 and its updates),
the multicast and future-use blocks of IPv4, and 2000::/3 as the only global unicast of IPv6.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.model.address import Addresses, Network, parse_network

GLOBAL: Final = ""

_TABLE: Final = (
    ("::/0", "unassigned"),
    ("2000::/3", GLOBAL),
    ("::ffff:0:0/96", GLOBAL),
    ("0.0.0.0/8", "this_network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link_local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "protocol"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmark"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "future_use"),
    ("255.255.255.255/32", "broadcast"),
    ("::1/128", "loopback"),
    ("::/128", "this_network"),
    ("64:ff9b::/96", "protocol"),
    ("100::/64", "discard"),
    ("2001::/23", "protocol"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "protocol"),
    ("3fff::/20", "documentation"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link_local"),
    ("ff00::/8", "multicast"),
)

KINDS: Final = tuple(sorted({kind for _, kind in _TABLE if kind}))
"""The kinds that a source may be allowed to report nevertheless."""


def _network(text: str) -> Network:
    # The mapped space is written in IPv6 form here, so it is not the text of an IPv4 prefix.
    return Network(0xFFFF << 32, 96) if text == "::ffff:0:0/96" else parse_network(text)


_NETWORKS: Final = tuple(
    sorted(((_network(text), kind) for text, kind in _TABLE), key=lambda entry: entry[0].length)
)


def reserved_kind(network: Network) -> str:
    """The kind of reserved space that holds the whole network, GLOBAL if none does."""
    kinds = [kind for outer, kind in _NETWORKS if outer.covers(network)]
    return kinds[-1]


def reserved_kinds(networks: Sequence[Network]) -> NDArray[np.str_]:
    """`reserved_kind` for some networks, by the same table."""
    firsts = Addresses.from_ints(network.first for network in networks)
    lengths = np.fromiter((network.length for network in networks), np.uint8, len(networks))
    numbers = _entry_numbers(firsts, lengths)
    return np.array([kind for _, kind in _NETWORKS], dtype="U16")[numbers]


def in_reserved_space(
    firsts: Addresses, lengths: NDArray[np.uint8], allowed: Collection[str]
) -> NDArray[np.bool_]:
    """Which networks lie in reserved space of a kind that is not allowed."""
    refused = np.array([kind != GLOBAL and kind not in allowed for _, kind in _NETWORKS])
    found: NDArray[np.bool_] = refused[_entry_numbers(firsts, lengths)]
    return found


def _entry_numbers(firsts: Addresses, lengths: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The narrowest entry of the table that holds each network."""
    numbers = np.zeros(len(firsts), np.uint8)
    for number, (outer, _) in enumerate(_NETWORKS):
        numbers[firsts.within(outer) & (lengths >= outer.length)] = number
    return numbers
