"""What nobody can have is refused with the reason, and nothing else is."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.configuration.service import ProofRules
from tocsin.service.subscribers.values import NetworkKind, NetworkValue, any_network
from tocsin.service.verification.plausible import implausible

RULES = ProofRules()

NOBODYS = {0, 23_456, 65_535, 4_294_967_295}
"""As RFC 7607, 6793 and 7300 have them; the ranges are below."""


def is_nobodys(number: int) -> bool:
    return number in NOBODYS or 64_496 <= number < 131_072 or number >= 4_200_000_000


@given(st.integers(0, 2**32 - 1))
@example(23_455)
@example(23_456)
@example(64_495)
@example(64_496)
@example(131_071)
@example(131_072)
@example(4_199_999_999)
@example(4_200_000_000)
def test_as_numbers_are_refused_as_the_registry_of_special_ones_has_them(number: int) -> None:
    said = implausible(NetworkValue(NetworkKind.ASN, str(number)), RULES)
    assert bool(said) is is_nobodys(number)
    assert not said or f"AS{number}" in said


def v4_prefix(address: int, length: int) -> ipaddress.IPv4Network:
    return ipaddress.ip_network((address, length), strict=False)  # type: ignore[return-value]


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
@example(int(ipaddress.ip_address("10.0.0.0")), 8)
@example(int(ipaddress.ip_address("100.64.0.0")), 10)
@example(int(ipaddress.ip_address("240.0.0.0")), 8)
def test_space_that_is_not_global_is_refused_and_so_is_what_is_too_broad(
    address: int, length: int
) -> None:
    prefix = v4_prefix(address, length)
    said = implausible(NetworkValue(NetworkKind.CIDR, str(prefix)), RULES)
    if length < RULES.broadest_v4:
        assert "broader" in said
    elif prefix.is_private or prefix.is_multicast or prefix.is_reserved:
        assert "address space" in said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2001:db8::/32", "documentation"),
        ("fc00::/20", "private"),
        ("fe80::/64", "link local"),
        ("2002::/20", "protocol"),
        ("4000::/20", "unassigned"),
        ("2a00::/19", "broader than a /20"),
        ("2000::/3", "broader than a /20"),
        ("::/0", "broader"),
        ("0.0.0.0/0", "broader than a /8"),
        ("192.0.2.0/24", "documentation"),
        ("127.0.0.1/32", "loopback"),
        ("org", "anybody can register"),
        ("co.uk", "anybody can register"),
        ("example.nosuchtld", "top-level domain"),
        ("router.local", "top-level domain"),
        ("xn--e1afmkfd.nosuchtld", "shown as"),
    ],
)
def test_a_network_is_refused_with_its_reason(text: str, why: str) -> None:
    value = NetworkValue(NetworkKind.CIDR if "/" in text else NetworkKind.DOMAIN, text)
    assert why in implausible(value, RULES)


@pytest.mark.parametrize("text", ["AS1", "AS131072", "192.0.0.0/9", "2a00::/20", "example.org"])
def test_what_somebody_may_have_is_not_refused(text: str) -> None:
    assert implausible(any_network(text), RULES) == ""


def test_a_demonstration_may_use_what_is_set_aside_for_documentation() -> None:
    rules = ProofRules(documentation_allowed=True)
    for text in ("AS64496", "192.0.2.0/24", "2001:db8::/32"):
        assert implausible(any_network(text), rules) == ""
    assert implausible(any_network("AS64512"), rules)
