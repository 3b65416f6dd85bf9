"""What is made of cells, against what the standard library makes of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.catalogue.reading import Form
from tocsin.engine.sources.cell_forms import (
    FORMS,
    address,
    date,
    hexadecimal,
    host,
    milliseconds,
    nanoseconds,
    networks,
    port,
    seconds,
    tcp_flags,
    tcp_flags_in_hex,
)


@given(st.ip_addresses(v=4))
def test_zeros_before_numbers_are_taken_off(found: ipaddress.IPv4Address) -> None:
    padded = ".".join(part.zfill(3) for part in str(found).split("."))
    assert address(padded) == str(found)


@given(st.ip_addresses(v=4), st.integers(0, 5000))
def test_a_range_is_exactly_its_addresses(first: ipaddress.IPv4Address, more: int) -> None:
    last = ipaddress.IPv4Address(min(int(first) + more, 2**32 - 1))
    found = [ipaddress.ip_network(each) for each in networks(f"{first} - {last}")]
    assert sum(each.num_addresses for each in found) == int(last) - int(first) + 1
    assert found[0].network_address == first
    assert found[-1].broadcast_address == last


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("192.0.2.x", ["192.0.2.0/24"]),
        ("192.0.*.*", ["192.0.0.0/16"]),
        ("192.x.x.x", ["192.0.0.0/8"]),
        ("192.0.2.1-3", ["192.0.2.1", "192.0.2.2/31"]),
        ("192.0.2.0/24", ["192.0.2.0/24"]),
        ("2001:db8::-2001:db8::1", ["2001:db8::/127"]),
        # What is no range stays what it is, for the judge to reject.
        ("192.0.2.9-192.0.2.1", ["192.0.2.9-192.0.2.1"]),
        ("192.0.2.1-2001:db8::", ["192.0.2.1-2001:db8::"]),
        ("my-host", ["my-host"]),
        ("192.0.2.1-", ["192.0.2.1-"]),
        ("x.x.x.x", ["x.x.x.x"]),
        ("192.x.2.x", ["192.x.2.x"]),
    ],
)
def test_targets_are_prefixes(cell: str, found: list[str]) -> None:
    assert networks(cell) == found


@pytest.mark.parametrize(
    ("cell", "said_host", "said_port"),
    [
        ("http://h.example/x", "h.example", ""),
        ("https://u:p@h.example:8443/x?y#z", "h.example", "8443"),
        ("http://[2001:db8::1]:81/", "2001:db8::1", "81"),
        ("192.0.2.1:443", "192.0.2.1", "443"),
        ("[2001:db8::1]:443", "2001:db8::1", "443"),
        ("h.example", "h.example", ""),
        ("[2001:db8::1]", "2001:db8::1", ""),
        ("2001:db8::1:443", "2001:db8::1:443", ""),
        ("http://h.example:99999/", "http://h.example:99999/", ""),
        ("http://[broken/", "http://[broken/", ""),
    ],
)
def test_hosts_and_ports_are_found(cell: str, said_host: str, said_port: str) -> None:
    assert (host(cell), port(cell)) == (said_host, said_port)


@pytest.mark.parametrize(
    ("cell", "found"),
    [("1795305600123", "1795305600.123"), ("5", "0.005"), ("x", "x"), ("1" * 30, "1" * 30)],
)
def test_milliseconds_become_seconds(cell: str, found: str) -> None:
    assert milliseconds(cell) == found


def test_days_are_told_apart() -> None:
    assert date("20261122") == "2026-11-22"
    assert date("2026-11-22") == "2026-11-22"


@given(st.sampled_from(list(Form)), st.text(max_size=40))
def test_no_cell_whatever_breaks_a_form(form: Form, cell: str) -> None:
    assert isinstance(FORMS[form](cell), str)
    assert all(isinstance(each, str) for each in networks(cell))


@given(st.integers(0, 10**16 - 1))
def test_nanoseconds_are_cut_to_what_times_know(micros: int) -> None:
    assert nanoseconds(f"{micros}999") == f"{micros // 10**6}.{micros % 10**6:06d}"
    assert nanoseconds(f"{micros}999") == seconds(f"{micros // 10**6}.{micros % 10**6:06d}999")


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("1795312800.123456789", "1795312800.123456"),
        ("1795312800", "1795312800.000000"),
        ("1.7953128e9", "1795312800.000000"),
        ("1795312800.", "1795312800.000000"),
        ("1e99", "1e99"),
        ("-1", "-1"),
        ("nan", "nan"),
        ("2026-11-22", "2026-11-22"),
    ],
)
def test_seconds_are_read_to_the_microsecond_or_stay(cell: str, found: str) -> None:
    assert seconds(cell) == found


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("2", "S"),
        ("0x12", "AS"),
        ("24", "AP"),
        ("...AP.SF", "APSF"),
        ("SA", "AS"),
        ("0", ""),
        ("........", ""),
        ("255", "CEUAPRSF"),
        ("99999", "99999"),
        ("SYN", "SYN"),
        ("", ""),
    ],
)
def test_flags_are_letters_in_one_order_however_they_are_written(cell: str, found: str) -> None:
    assert tcp_flags(cell) == found


@given(st.integers(0, 255))
def test_flags_are_the_same_in_decimal_and_in_hexadecimal(number: int) -> None:
    assert tcp_flags(str(number)) == tcp_flags_in_hex(f"{number:02x}") == tcp_flags(hex(number))
    assert hexadecimal(f"{number:02x}") == hexadecimal(hex(number)) == str(number)


@pytest.mark.parametrize("form", [nanoseconds, hexadecimal, tcp_flags, tcp_flags_in_hex])
@pytest.mark.parametrize("cell", ["x y", "-2", "1.5.", "\u0661\u0662", "9" * 40])
def test_what_is_no_number_stays_as_it_is(form: Callable[[str], str], cell: str) -> None:
    assert form(cell) == cell
