"""Ranges as prefixes, beside the standard library's own way."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, summarize_address_range

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.atlas.ranges import prefixes_of, read_range
from tocsin.model.address import V4_OFFSET

_V6 = st.integers(0x20010DB8 << 96, (0x20010DB9 << 96) - 1)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_range_of_ipv4_is_the_fewest_prefixes(one: int, other: int) -> None:
    first, last = sorted((one, other))
    expected = summarize_address_range(IPv4Address(first), IPv4Address(last))
    found = prefixes_of(first | V4_OFFSET, last | V4_OFFSET)
    assert [str(each) for each in found] == [str(each) for each in expected]


@given(_V6, _V6)
def test_a_range_of_ipv6_is_the_fewest_prefixes(one: int, other: int) -> None:
    first, last = sorted((one, other))
    expected = summarize_address_range(IPv6Address(first), IPv6Address(last))
    assert [str(each) for each in prefixes_of(first, last)] == [str(each) for each in expected]


def test_everything_is_one_prefix() -> None:
    assert [str(each) for each in prefixes_of(0, 2**128 - 1)] == ["::/0"]
    assert [str(each) for each in prefixes_of(V4_OFFSET, V4_OFFSET | 0xFFFFFFFF)] == ["0.0.0.0/0"]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("192.0.2.9", "192.0.2.1", "ends before it begins"),
        ("192.0.2.1", "2001:db8::1", "ends in the other"),
        ("192.0.2.1", "192.0.2.256", "is not an IP address"),
    ],
)
def test_what_is_no_range_is_told(first: str, last: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_range(first, last)
