"""Service scans with rows that no scanner should write: each is accounted for, none stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.scan_rows import EXAMPLES, MOMENT, account, censys, lines, records, take, zgrab
from tests.fakes.small_home import SmallHome


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


ODD = [
    b'{"ip": "192.0.2.9", "data": 7}',
    b'{"ip": "192.0.2.9", "data": {"ssh": "text", "ftp": 5, "http": [1, [2]]}}',
    b'{"ip_str": ["192.0.2.9"], "data": {"a": {}}, "ssl": "none", "_shodan": 9}',
    b'{"ip": "192.0.2.9", "services": {"port": 1}}',
    b'{"ip": "192.0.2.9", "services": [1, null, "x", {"service_name": {"a": 1}}]}',
    b'{"ip": null}',
    b"{}",
    b"[]",
    b"not json",
    b'{"ip": "192.0.2.9", "data": ' + b"[" * 40 + b"]" * 40 + b"}",
    b'{"ip": "192.0.2.9", "ip": "192.0.2.8"}',
    b'{"ip": "\xff\xfe"}',
    b'{"ip": "192.0.2.9", "data": {"ssh": {"status": "success", "protocol": "ssh"}}}',
]
"""Of any of the JSON formats; none is a record, since none has a time."""


@pytest.mark.parametrize("source", ["zgrab2", "shodan", "censys", "service-scan"])
def test_odd_rows_are_accounted_for_one_by_one_and_stop_nothing(
    small: SmallHome, source: str
) -> None:
    good = EXAMPLES[source]["content"].encode()
    alone = account(take(small, source, good))
    piece = account(take(small, source, b"\n".join([*ODD, good]), "zgrab2-odd.json"))
    assert piece.rows == alone.rows + len(ODD)
    assert piece.accepted == alone.accepted
    assert sum(piece.rejected.values()) + sum(piece.dropped.values()) == len(ODD)


WRONG = [
    zgrab("ssh", {"server_id": {"raw": "SSH-2.0-x"}}, ip="999.0.2.1"),
    zgrab("ssh", {"server_id": {"raw": "SSH-2.0-x"}}, ip="example.org"),
    {"data": {"ssh": {"status": "success", "protocol": "ssh", "timestamp": MOMENT}}},
    {"ip": "192.0.2.9", "data": {"ssh": {"status": "success", "protocol": "ssh"}}},
    zgrab("ssh", {"server_id": {"raw": 5}}),
    zgrab("mysql", {"error_code": "many", "server_version": ["a", {"b": 1}]}),
    zgrab("http", {"response": {"status_code": -7, "headers": {"server": {"x": [1]}}}}),
    zgrab("telnet", {"banner": "a\0b" + "x" * 100_000}),
]


def test_rows_that_lack_what_a_record_needs_are_rejected_and_others_keep_what_can_be_read(
    small: SmallHome,
) -> None:
    piece = account(take(small, "zgrab2", lines(WRONG)))
    assert (piece.rows, piece.accepted) == (8, 3)
    assert piece.rejected == {"bad_subject": 2, "no_subject": 1, "no_time": 1}
    assert piece.dropped == {"no_rule": 1}
    (telnet,) = records(small)["scan_telnet"]
    assert str(telnet["banner"]).startswith("abx")


def test_a_host_with_more_services_than_any_has_is_rejected_and_the_next_is_taken(
    small: SmallHome,
) -> None:
    service = {"port": 23, "service_name": "TELNET", "observed_at": MOMENT}
    many = {"ip": "192.0.2.9", "services": [service] * 1_500}
    piece = account(take(small, "censys", lines([many, censys("TELNET")])))
    assert (piece.accepted, piece.rejected) == (1, {"too_many_events": 1})
