"""Cells as values of other vocabularies: what fits, what does not, and never an exception."""

from __future__ import annotations

import ipaddress
import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.catalogue.interop_entries import Field, Pick
from tocsin.catalogue.validate import schema
from tocsin.engine.interop.paths import get, put
from tocsin.engine.interop.values import cell_of, value_of

KINDS = json.loads(json.dumps(schema("interop")))["$defs"]["field"]["properties"]["as"]["enum"]

MAPPED = ipaddress.ip_network("::ffff:0:0/96")


def said(kind: str, cell: str, **more: object) -> object:
    return value_of(Field("x", kind, Pick.FIRST, ("c",), **more), cell)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("address", "192.0.2.1", "192.0.2.1"),
        ("address", "2001:db8::1", "2001:db8::1"),
        ("address", "192.0.2.0/24", None),
        ("address", "0.0.0.0", None),
        ("address", "::", None),
        ("network", "192.0.2.0/24", "192.0.2.0/24"),
        ("network", "192.0.2.1", None),
        ("network", "192.0.2.1/24", None),
        ("ipv4", "192.0.2.1/32", "192.0.2.1"),
        ("ipv4", "192.0.2.0/24", "192.0.2.0/24"),
        ("ipv4", "0.0.0.0/0", None),
        ("ipv4", "2001:db8::1", None),
        ("ipv6", "2001:db8::/32", "2001:db8::/32"),
        ("ipv6", "::/0", None),
        ("ipv6", "192.0.2.1", None),
        ("integer", "0", 0),
        ("integer", "007", None),
        ("integer", "1e3", None),
        ("integer", "\u0661", None),
        ("country", "XX", "XX"),
        ("country", "xx", None),
        ("country", "XXX", None),
        ("name", "host.example.org", "host.example.org"),
        ("name", "Host.Example.org.", "host.example.org"),
        ("name", "192.0.2.1", None),
        ("name", "no name", None),
        ("host", "https://user@www.example.org:8443/x?y", "www.example.org"),
        ("host", "http://192.0.2.1/x", None),
        ("url", "http://192.0.2.1:81/a%20b?c#d", "http://192.0.2.1:81/a%20b?c#d"),
        ("url", "http://[2001:db8::1]/", "http://[2001:db8::1]/"),
        ("url", "http://[::1", None),
        ("url", "/path/only", None),
        ("url", "http:///nobody", None),
        ("url", "http://a b/", None),
        ("url", "http://a/%zz", None),
        ("url", "javascript:alert(1)", None),
        ("time", "2026-11-22 00:00:07", "2026-11-22T00:00:07Z"),
        ("time_offset", "2026-11-22 00:00:07", "2026-11-22T00:00:07+00:00"),
        ("time", "yesterday", None),
        ("text", "  a b ", "a b"),
        ("text", "   ", None),
        ("word", "TCP", "tcp"),
        ("word", "caf\u00e9", None),
        ("md5", "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e"),
        ("sha1", "d41d8cd98f00b204e9800998ecf8427e", None),
        ("hash_uri", "d41d8cd98f00b204e9800998ecf8427e", "md5:d41d8cd98f00b204e9800998ecf8427e"),
        ("hash_uri", "12345", None),
        ("cve", "iot;cve-2016-10372;x", "CVE-2016-10372"),
        ("cve", "XCVE-2016-10372", None),
        ("cve_uri", "CVE-2016-10372", "cve:CVE-2016-10372"),
        ("email", "a@example.org", "a@example.org"),
        ("email", "a@b@example.org", None),
        ("owner", "192.0.2.7", "192.0.2.7"),
        ("owner", "192.0.2.0/24", "192.0.2.0/24"),
        ("owner", "somebody@Example.org", "example.org"),
        ("owner", "https://www.example.org/x", "www.example.org"),
        ("owner", "just words", "just words"),
    ],
)
def test_a_cell_fits_or_is_left_alone(kind: str, cell: str, value: object) -> None:
    assert said(kind, cell) == value


def test_bounds_words_and_lengths_are_held() -> None:
    assert said("integer", "65536", least=1, greatest=65535) is None
    assert said("integer", "0", least=1) is None
    assert said("word", "TCP", one_of=frozenset({"tcp"})) == "tcp"
    assert said("word", "irc", one_of=frozenset({"tcp"})) is None
    assert said("text", "abc", most=2) is None


@pytest.mark.parametrize("kind", KINDS)
@given(cell=st.text(min_size=1) | st.from_regex(r"[a-z]+://[\[\]a-z0-9.:/%#?@-]*", fullmatch=True))
@settings(max_examples=cases(60), deadline=None)
def test_no_cell_breaks_a_kind(kind: str, cell: str) -> None:
    value = said(kind, cell)
    assert value is None or value == 0 or value


@given(st.ip_addresses(), st.integers(0, 128))
@settings(deadline=None)
def test_addresses_and_networks_agree_with_the_standard_library(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, length: int
) -> None:
    wide = address.max_prefixlen
    network = ipaddress.ip_network((address, min(length, wide)), strict=False)
    # IPv4 in the clothes of IPv6 is IPv4 here, and reports write it so.
    assume(wide == 32 or not network.subnet_of(MAPPED))  # type: ignore[arg-type]
    assert said("network", str(network)) == str(network)
    mine, other = ("ipv4", "ipv6") if wide == 32 else ("ipv6", "ipv4")
    assert said(other, str(network)) is None
    shown = str(network.network_address) if network.prefixlen == wide else str(network)
    assert said(mine, str(network)) == (shown if network.prefixlen else None)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("time", "2026-11-22 00:00:07"),
        ("time_offset", "2026-11-22 00:00:07"),
        ("integer", "443"),
        ("address", "2001:db8::1"),
        ("hash_uri", "d41d8cd98f00b204e9800998ecf8427e"),
        ("cve_uri", "CVE-2021-44228"),
        ("text", "as it is"),
    ],
)
def test_a_value_that_tells_its_cell_whole_gives_it_back(kind: str, cell: str) -> None:
    value = said(kind, cell)
    assert isinstance(value, str | int)
    assert cell_of(kind, value) == cell


def test_paths_lead_through_objects_and_lists() -> None:
    target: dict[str, object] = {}
    put(target, "Source[].IP4[]", ["192.0.2.1"], nested=True)
    put(target, "Source[].IP4[]", ["192.0.2.2"], nested=True)
    put(target, "a.b", [1, 2], nested=True)
    put(target, "a.b", [3], nested=False)
    assert target == {
        "Source": [{"IP4": ["192.0.2.1", "192.0.2.2"]}],
        "a": {"b": 1},
        "a.b": 3,
    }
    assert get(target, "Source[].IP4[]", nested=True) == "192.0.2.1"
    assert get(target, "a.b", nested=False) == 3
    for path in ("Source[].IP6[]", "a[].b", "a.b.c", "x.y", "Source.IP4"):
        assert get(target, path, nested=True) is None
