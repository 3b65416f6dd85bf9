"""The address model against the standard library's."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.model.address import (
    ALL_ONES,
    V4_OFFSET,
    Addresses,
    Network,
    address_text,
    last_at_or_before,
    parse_address,
    parse_network,
)

_v4 = st.integers(0, (1 << 32) - 1).map(ipaddress.IPv4Address)
_v6 = st.integers(0, ALL_ONES).map(IPv6Address).filter(lambda address: address.ipv4_mapped is None)
_numbers = st.one_of(
    st.integers(0, ALL_ONES),
    st.integers(V4_OFFSET, V4_OFFSET + 0xFFFFFFFF),
    st.sampled_from([0, 1, V4_OFFSET - 1, V4_OFFSET + (1 << 32), (1 << 64) - 1, 1 << 64, ALL_ONES]),
)


@st.composite
def _networks(draw: st.DrawFn) -> Network:
    if draw(st.booleans()):
        length, value = draw(st.integers(96, 128)), int(draw(_v4)) | V4_OFFSET
    else:
        length, value = draw(st.integers(0, 128)), draw(st.integers(0, ALL_ONES))
    return Network(value & ~(ALL_ONES >> length), length)


@given(_v4)
def test_ipv4_reads_and_writes_as_the_standard_library_does(address: ipaddress.IPv4Address) -> None:
    assert parse_address(str(address)) == V4_OFFSET | int(address)
    assert address_text(V4_OFFSET | int(address)) == str(address)


@given(_v6)
def test_ipv6_reads_and_writes_as_the_standard_library_does(address: IPv6Address) -> None:
    for text in (address.compressed, address.exploded, address.exploded.upper()):
        assert parse_address(text) == int(address)
    assert address_text(int(address)) == address.compressed


@given(_numbers)
def test_text_and_number_are_one_to_one(number: int) -> None:
    assert parse_address(address_text(number)) == number


@given(_networks())
def test_a_network_reads_back_as_it_was_written(network: Network) -> None:
    read = parse_network(str(network))
    assert (read.first, read.last) == (network.first, network.last)
    assert read == network


@given(_v4, st.integers(0, 32))
def test_ipv4_networks_agree_with_the_standard_library(
    address: ipaddress.IPv4Address, length: int
) -> None:
    theirs = IPv4Network((int(address), length), strict=False)
    ours = parse_network(str(theirs))
    assert (ours.is_v4, str(ours), ours.length) == (True, str(theirs), length + 96)
    assert ours.last == int(theirs[-1]) | V4_OFFSET


@given(_v6, st.integers(0, 128))
def test_ipv6_networks_agree_with_the_standard_library(address: IPv6Address, length: int) -> None:
    theirs = IPv6Network((int(address), length), strict=False)
    ours = parse_network(str(theirs))
    assert (ours.first, ours.last, ours.length) == (int(theirs[0]), int(theirs[-1]), length)


@given(_networks(), _networks())
def test_covering_and_overlapping_follow_from_first_and_last(one: Network, other: Network) -> None:
    covers = one.first <= other.first and other.last <= one.last
    assert one.covers(other) == covers
    assert one.overlaps(other) == (one.first <= other.last and other.first <= one.last)


@given(st.text(max_size=40))
def test_any_text_is_either_an_address_of_the_standard_library_or_refused(text: str) -> None:
    try:
        number = parse_address(text)
    except ValueError:
        return
    theirs = ipaddress.ip_address(text)
    assert number == int(theirs) | (V4_OFFSET if theirs.version == 4 else 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.01",
        "0xc0.0.2.1",
        " 192.0.2.1",
        "192.0.2.1\n",
        "192.0.2.1\0",
        "\u066192.0.2.1",
        "fe80::1%eth0",
        "2001:db8:::1",
        "[2001:db8::1]",
        "192.0.2.1:80",
        "2001:db8::/32",
        "1" * 10_000,
        "\udc80",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an IP address"):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("192.0.2.0/", "no usable prefix length"),
        ("192.0.2.0/-1", "no usable prefix length"),
        ("192.0.2.0/+24", "no usable prefix length"),
        ("192.0.2.0/ 24", "no usable prefix length"),
        ("192.0.2.0/\u0662", "no usable prefix length"),
        ("192.0.2.0/255.255.255.0", "no usable prefix length"),
        ("192.0.2.0/0024", "no usable prefix length"),
        ("192.0.2.0/33", "too long"),
        ("2001:db8::/129", "too long"),
        ("192.0.2.1/24", "192.0.2.0/24 was meant"),
        ("2001:db8::1/32", "2001:db8::/32 was meant"),
        ("/24", "is not an IP address"),
    ],
)
def test_what_is_no_network_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_network(text)


def test_a_single_address_is_a_network_of_one() -> None:
    assert parse_network("192.0.2.1") == Network(parse_address("192.0.2.1"), 128)
    assert parse_network("2001:db8::1").last == parse_address("2001:db8::1")


@given(st.lists(_numbers, max_size=30))
def test_a_column_splits_and_joins_without_loss(numbers: list[int]) -> None:
    column = Addresses.from_ints(numbers)
    assert len(column) == len(numbers)
    assert column.to_ints() == numbers
    mapped = [number >> 32 == 0xFFFF for number in numbers]
    assert column.is_v4.tolist() == mapped
    lower = [number & 0xFFFFFFFF for number in numbers if number >> 32 == 0xFFFF]
    assert column.take(column.is_v4).v4().tolist() == lower


@settings(deadline=None)
@given(st.lists(_numbers, min_size=1, max_size=30))
def test_keys_sort_as_the_addresses_do(numbers: list[int]) -> None:
    keys = Addresses.from_ints(numbers).keys()
    in_order = [numbers[row] for row in keys.argsort(kind="stable").tolist()]
    assert in_order == sorted(numbers)


@given(st.lists(_numbers, unique=True, max_size=20).map(sorted), st.lists(_numbers, max_size=20))
def test_the_last_start_at_or_before_is_found(starts: list[int], points: list[int]) -> None:
    found = last_at_or_before(Addresses.from_ints(starts), Addresses.from_ints(points))
    assert found.tolist() == [sum(start <= point for start in starts) - 1 for point in points]
