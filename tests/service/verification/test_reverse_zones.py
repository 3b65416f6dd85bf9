"""A proof in the DNS lies where only the holder of the network can write, and covers all of it."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.reverse_zones import names_for


@pytest.mark.parametrize(
    ("network", "names"),
    [
        ("192.0.2.0/24", [["_tocsin.2.0.192.in-addr.arpa"]]),
        ("192.0.2.128/25", [["_tocsin.2.0.192.in-addr.arpa"]]),
        ("198.51.0.0/16", [["_tocsin.51.198.in-addr.arpa"]]),
        ("192.0.2.7/32", [["_tocsin.7.2.0.192.in-addr.arpa"]]),
        (
            "198.51.100.0/23",
            [
                ["_tocsin.51.198.in-addr.arpa"],
                ["_tocsin.100.51.198.in-addr.arpa", "_tocsin.101.51.198.in-addr.arpa"],
            ],
        ),
        ("2001:db8::/32", [["_tocsin.8.b.d.0.1.0.0.2.ip6.arpa"]]),
        (
            "2001:db8::/31",
            [
                ["_tocsin.b.d.0.1.0.0.2.ip6.arpa"],
                ["_tocsin.8.b.d.0.1.0.0.2.ip6.arpa", "_tocsin.9.b.d.0.1.0.0.2.ip6.arpa"],
            ],
        ),
        ("example.org", [["_tocsin.example.org"]]),
        ("mail.example.org", [["_tocsin.mail.example.org"]]),
        ("co.uk", []),
        ("AS64496", []),
        ("XX", []),
    ],
)
def test_names_of_a_network(network: str, names: list[list[str]]) -> None:
    assert [list(group) for group in names_for(any_network(network))] == names


def zone_of(name: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The naive way back: which addresses lie below a name."""
    labels = name.removeprefix("_tocsin.").split(".")
    if labels[-2] == "in-addr":
        octets = labels[:-2][::-1]
        return ipaddress.ip_network(
            ".".join((octets + ["0"] * 4)[:4]) + f"/{8 * len(octets)}", strict=True
        )
    nibbles = labels[:-2][::-1]
    digits = "".join(nibbles).ljust(32, "0")
    return ipaddress.IPv6Network((int(digits, 16), 4 * len(nibbles)), strict=True)


@given(st.ip_addresses(), st.integers(1, 128))
def test_every_group_of_zones_covers_the_whole_prefix(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, length: int
) -> None:
    length = min(length, address.max_prefixlen)
    prefix = ipaddress.ip_network(f"{address}/{length}", strict=False)
    network = any_network(str(prefix))
    if network.value != str(prefix):
        return  # IPv4 within IPv6, which is written as IPv4
    groups = names_for(network)
    assert groups or length < 8
    for group in groups:
        zones = [zone_of(each) for each in group]
        held = sum(
            min(zone.num_addresses, prefix.num_addresses) for zone in zones if zone.overlaps(prefix)
        )
        assert held == prefix.num_addresses
