"""Reserved address space, by column and one by one."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

import tocsin.catalogue as schemas
from tocsin.engine.intake.reserved import GLOBAL, KINDS, reserved_kind, reserved_kinds
from tocsin.model.address import Network, parse_address, parse_network


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("10.1.2.3", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.0", GLOBAL),
        ("192.0.2.7", "documentation"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.255", "documentation"),
        ("100.64.0.1", "shared"),
        ("100.128.0.0", GLOBAL),
        ("255.255.255.255", "broadcast"),
        ("240.0.0.1", "future_use"),
        ("224.0.0.251", "multicast"),
        ("2001:db8::1", "documentation"),
        ("2001:dead::1", GLOBAL),
        ("fe80::1", "link_local"),
        ("fd00::1", "private"),
        ("4000::1", "unassigned"),
        ("::1", "loopback"),
    ],
)
def test_known_addresses_have_their_kind(text: str, kind: str) -> None:
    assert reserved_kind(parse_network(text)) == kind


def test_a_prefix_is_reserved_only_if_all_of_it_is() -> None:
    assert reserved_kind(parse_network("10.0.0.0/8")) == "private"
    assert reserved_kind(parse_network("8.0.0.0/6")) == GLOBAL


def test_kinds_name_what_a_source_may_be_allowed() -> None:
    assert "documentation" in KINDS
    assert GLOBAL not in KINDS


_addresses = st.one_of(
    st.integers(0, 2**32 - 1).map(lambda value: value | 0xFFFF << 32),
    st.integers(0, 2**128 - 1),
)


def _network(first: int, length: int) -> Network:
    return Network(first >> (128 - length) << (128 - length), length)


@settings(deadline=None, max_examples=cases(60))
@given(st.lists(st.builds(_network, _addresses, st.integers(1, 128)), max_size=30))
def test_a_column_says_what_single_networks_say(networks: list[Network]) -> None:
    assert reserved_kinds(networks).tolist() == [reserved_kind(network) for network in networks]


@settings(deadline=None, max_examples=cases(66))
@given(st.integers(0, 2**32 - 1))
def test_whatever_the_standard_library_calls_private_is_reserved(value: int) -> None:
    address = ipaddress.IPv4Address(value)
    if address.is_private or address.is_multicast or address.is_reserved:
        assert reserved_kind(parse_network(str(address))) != GLOBAL


def test_text_and_number_agree() -> None:
    assert parse_address("192.0.2.1") == parse_network("192.0.2.1").first


def test_the_kinds_that_a_source_may_name_are_those_there_are() -> None:
    schema = json.loads((Path(schemas.__file__).parent / "schema" / "source.json").read_text())
    filters = schema["properties"]["filters"]["properties"]
    assert filters["reserved_allowed"]["items"]["enum"] == list(KINDS)
