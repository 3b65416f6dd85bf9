"""Whatever sensors are made to write: each row is accounted for, and secrets stay out."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.sensor_files import EXAMPLES, Lake, lines, taken

JSON = (
    "amplification-pot",
    "bot-orders",
    "conpot",
    "darknet-flows",
    "darknet-packets",
    "darknet-zeek",
    "dionaea",
    "goflow2",
    "nfdump",
    "suricata",
    "tanner",
    "zeek-conn",
    "zeek-http",
    "zeek-ssh",
)
TSV = ("zeek-conn-tsv", "zeek-http-tsv", "zeek-ssh-tsv")
ODD: tuple[object, ...] = (
    *(None, True, -1, 10**30, 1.5, "", " ", "\u0000", "\U0001f41b", "x" * 100_000),
    *("2001:db8::1", "999.1.1.1", "192.0.2.1; drop", "=cmd", "-", "nan", "1e400"),
    *([], {}, [[1, [2]]], {"a": {"b": [{"c": None}]}}, ["192.0.2.9", "192.0.2.9"]),
)
BROKEN = (
    b"\xff\xfe\x00\n",
    b'{"timestamp": "2026-11-22T00:00:00Z", "src_ip": "192.0.2.\xff"}\n',
    b"{\n",
    b"[]\n",
    b"null\n",
    b'"text"\n',
    b"{} {}\n",
    b"{}\n",
    b'{"a": ' + b"[" * 500 + b"]" * 500 + b"}\n",
    b'{"timestamp": "\\ud800"}\n',
    b"\n",
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.make(tmp_path)


def _ways(value: object, way: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """The way to everything within a JSON value."""
    inner = value.items() if isinstance(value, dict) else ()
    for key, each in (*inner, *(enumerate(value) if isinstance(value, list) else ())):
        yield (*way, key)
        yield from _ways(each, (*way, key))


def _changed(row: object, way: tuple[object, ...], odd: object) -> object:
    made = copy.deepcopy(row)
    place = made
    for key in way[:-1]:
        place = place[key]  # type: ignore[index]
    place[way[-1]] = odd  # type: ignore[index]
    return made


@pytest.mark.parametrize("name", JSON)
def test_odd_rows_are_accounted_for_and_stop_no_other(lake: Lake, name: str) -> None:
    good = lines(EXAMPLES[name])
    rows = [json.loads(line) for line in good]
    odd = [
        _changed(row, way, ODD[(number + place) % len(ODD)])
        for number, row in enumerate(rows)
        for place, way in enumerate(_ways(row))
    ]
    # Of the first row each cell is everything once.
    odd += [_changed(rows[0], way, each) for each in ODD for way in list(_ways(rows[0]))[:12]]
    written = [json.dumps(row).encode() + b"\n" for row in odd]
    content = b"".join([*written, *BROKEN, *(line.encode() + b"\n" for line in good)])
    piece = taken(lake, name, content)
    assert piece.rows == len(BROKEN) - 1 + len(odd) + len(good)
    assert piece.accepted >= len(good)
    assert piece.notes["blank_lines"] == 1
    again = Lake.make(lake.small.home.root.parent / "alone")
    told = taken(again, name, EXAMPLES[name])
    for kind, number in (*told.records.items(), *told.observations.items()):
        assert {**piece.records, **piece.observations}[kind] >= number


@pytest.mark.parametrize("name", TSV)
def test_odd_rows_of_a_log_with_a_header_are_too(lake: Lake, name: str) -> None:
    *head, row = lines(EXAMPLES[name])
    cells = row.split("\t")
    odd = ["", "-", "(empty)", "\\x09", "\\xff", "T", "2001:db8::1", "\x7f", "9" * 400, "a,b,,c"]
    rows = [
        "\t".join([*cells[:place], each, *cells[place + 1 :]])
        for place in range(len(cells))
        for each in odd
    ]
    rows += ["\t".join(cells[:3]), "x", "\t" * 50, row]
    content = "\n".join([*head, *rows]).encode() + b"\n\xff\xfe\tx\n"
    piece = taken(lake, name, content)
    assert piece.rejected["unreadable"] == 4
    assert piece.accepted >= 1


# --- what nobody should get -------------------------------------------------------------------

NOBODY: dict[str, tuple[dict[str, object], ...]] = {
    "conpot": (
        {"data_type": "modbus", "event_type": "CONNECTION_LOST", "src_ip": "192.0.2.1"},
        {"data_type": "snmp", "event_type": "NEW_CONNECTION", "src_ip": "192.0.2.1"},
        {"data_type": "unheard-of", "request": "x", "src_ip": "192.0.2.1"},
    ),
    "dionaea": (
        {"connection": {"protocol": "smbd", "transport": "tcp", "type": "listen"}},
        {"connection": {"protocol": "remoteshell", "transport": "tcp", "type": "connect"}},
        {"connection": {"protocol": "SipSession", "transport": "udp", "type": "accept"}},
    ),
    "darknet-packets": ({"index": {"_index": "packets-2026-11-22", "_type": "doc"}},),
    "suricata": (
        {"event_type": "stats", "stats": {"uptime": 1}},
        {"event_type": "fileinfo", "src_ip": "192.0.2.1", "fileinfo": {"filename": "/x"}},
        {"event_type": "alert", "src_ip": "192.0.2.1", "alert": {"category": "Misc activity"}},
        {"event_type": "unheard-of", "src_ip": "192.0.2.1"},
    ),
    "tanner": ({"path": "/", "peer": {"ip": "192.0.2.1"}},),
    "zeek-http": ({"id.orig_h": "192.0.2.1", "uri": "/index.html", "method": "GET"},),
    "zeek-ssh": (
        {"id.orig_h": "192.0.2.1", "auth_success": True, "auth_attempts": 1},
        {"id.orig_h": "192.0.2.1", "auth_attempts": 0},
    ),
    "bot-orders": ({"kind": "update", "controller": "192.0.2.66"},),
    "nfdump": ({"label": "<none>"},),
}


@pytest.mark.parametrize("name", sorted(NOBODY))
def test_what_concerns_nobody_is_dropped_with_that_reason(lake: Lake, name: str) -> None:
    moment = {"timestamp": "2026-11-22T04:00:00Z", "ts": 1795320000.5}
    rows = [json.dumps({**moment, **row}) for row in NOBODY[name]]
    piece = taken(lake, name, "\n".join(rows))
    assert piece.dropped == {"no_rule": len(rows)}


# --- IPv6 -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["conpot", "dionaea", "suricata", "tanner", "zeek-http"])
def test_types_of_ipv4_take_no_attacker_with_ipv6(lake: Lake, name: str) -> None:
    content = EXAMPLES[name].replace('"src_ip": "192.0.2.', '"src_ip": "2001:db8::')
    content = content.replace('"ip": "192.0.2.', '"ip": "2001:db8::')
    content = content.replace('"id.orig_h": "192.0.2.', '"id.orig_h": "2001:db8::')
    piece = taken(lake, name, content)
    assert piece.records == {}
    noted = sum(number for note, number in piece.notes.items() if note.startswith("not_for:"))
    assert piece.rejected.get("wrong_family", 0) + noted > 0
    assert set(piece.rejected) <= {"wrong_family"}


def test_a_controller_with_ipv6_is_one_all_the_same(lake: Lake) -> None:
    content = EXAMPLES["bot-orders"].replace('"192.0.2.66"', '"2001:db8::66"')
    piece = taken(lake, "bot-orders", content)
    assert piece.records["botnet_cc"] == 4
    assert piece.notes["not_for:event4_honeypot_ddos"] == 2


def test_an_ipv4_address_that_is_written_as_ipv6_is_one_of_ipv4(lake: Lake) -> None:
    content = EXAMPLES["dionaea"].replace('"src_ip": "', '"src_ip": "::ffff:')
    piece = taken(lake, "dionaea", content)
    assert piece.records["event4_honeypot_smb_scan"] == 1
    assert lake.records("event4_honeypot_smb_scan")[0]["src_ip"] == "192.0.2.47"


# --- secrets ----------------------------------------------------------------------------------

SECRET = "Correct-Horse"
BESIDE: dict[str, dict[str, object]] = {
    "conpot": {
        "data_type": "http",
        "request": f"HTTP/1.1 GET: ('/x', [('Authorization', 'Basic {SECRET}')], '{SECRET}')",
        "response": SECRET,
    },
    "dionaea": {"ftp": {"commands": [{"command": "PASS", "arguments": [SECRET]}]}, "raw": SECRET},
    "suricata": {
        "payload_printable": f"PASS {SECRET}",
        "payload": SECRET,
        "packet": SECRET,
        "mqtt": {"connect": {"username": "x", "password": SECRET}},
        "smtp": {"rcpt_to": [SECRET]},
    },
    "tanner": {
        "headers": {"authorization": SECRET, "cookie": SECRET},
        "cookies": {"c": SECRET},
        "post_data": {"password": SECRET, "again": SECRET},
    },
    "zeek-http": {"username": SECRET, "password": SECRET, "post_body": SECRET, "cookie": SECRET},
    "zeek-ssh": {"password": SECRET},
    "amplification-pot": {"payload": SECRET},
    "bot-orders": {"bot_password": SECRET},
    "nfdump": {"user_name": SECRET},
}


@pytest.mark.parametrize("name", sorted(BESIDE))
def test_no_secret_beside_what_is_named_comes_into_the_lake(lake: Lake, name: str) -> None:
    rows = [json.loads(line) | BESIDE[name] for line in lines(EXAMPLES[name])]
    piece = taken(lake, name, "\n".join(json.dumps(row) for row in rows))
    assert piece.accepted >= 1
    text = lake.text()
    assert text
    assert SECRET not in text


def test_passwords_in_the_words_of_ftp_servers_are_masked(lake: Lake) -> None:
    words = [f"PASS {SECRET}", f"pass {SECRET}\r\n", f"b'PASS {SECRET}\\r\\n'", "PASS abc"]
    base = {"timestamp": "2026-11-22T04:00:00", "data_type": "ftp", "src_ip": "192.0.2.1"}
    taken(lake, "conpot", "\n".join(json.dumps({**base, "request": word}) for word in words))
    rows = lake.records("event4_honeypot_brute_force")
    assert [row["password"] for row in rows] == ["C***", "C***", "C***", "***"]
    assert SECRET not in lake.text()
