"""Honeypots, darknets, Suricata, Zeek, bot orders and flows, from their own files to the lake."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from tests.fakes.sensor_files import EXAMPLES, Lake, lines, taken
from tests.fakes.small_home import rows_of

BRUTE, HTTP = "event4_honeypot_brute_force", "event4_honeypot_http_scan"
ICS, SMB = "event4_honeypot_ics_scan", "event4_honeypot_smb_scan"
RDP, IKE = "event4_honeypot_rdp_scan", "event4_honeypot_ikev2_scan"
ORDERED, TARGET, CC = "event4_honeypot_ddos", "event4_honeypot_ddos_target", "botnet_cc"

Counts = dict[str, int]
COMES_TO: dict[str, tuple[Counts, Counts]] = {
    "amplification-pot": ({}, {"request": 2}),
    "bot-orders": ({CC: 4, ORDERED: 3, TARGET: 2}, {}),
    "conpot": ({BRUTE: 1, HTTP: 1, ICS: 3}, {"connection": 1, "login": 1, "request": 1}),
    "darknet-flows": ({}, {"darknet": 2}),
    "darknet-packets": ({}, {"darknet": 3}),
    "darknet-zeek": ({}, {"darknet": 1}),
    "dionaea": ({BRUTE: 3, HTTP: 1, SMB: 1}, {"connection": 1, "login": 3, "request": 1}),
    "goflow2": ({}, {"flow": 2}),
    "nfdump": ({}, {"flow": 2}),
    "suricata": (
        {BRUTE: 2, HTTP: 2, ICS: 1, IKE: 1, RDP: 1, SMB: 1},
        {"connection": 2, "flow": 1, "login": 2, "request": 1},
    ),
    "tanner": ({BRUTE: 1, HTTP: 3}, {"login": 1}),
    "zeek-conn": ({}, {"flow": 2}),
    "zeek-conn-tsv": ({}, {"flow": 2}),
    "zeek-http": ({HTTP: 1}, {}),
    "zeek-http-tsv": ({HTTP: 1}, {}),
    "zeek-ssh": ({}, {"login": 1}),
    "zeek-ssh-tsv": ({}, {"login": 1}),
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.make(tmp_path)


@pytest.mark.parametrize("name", sorted(COMES_TO))
def test_the_example_of_a_sensor_comes_to_what_its_page_says(lake: Lake, name: str) -> None:
    piece = taken(lake, name, EXAMPLES[name])
    assert (piece.records, piece.observations) == COMES_TO[name]
    assert (piece.dropped, piece.rejected) == ({}, {})


@pytest.mark.parametrize("name", sorted(COMES_TO))
def test_no_password_of_an_example_comes_into_the_lake(lake: Lake, name: str) -> None:
    taken(lake, name, EXAMPLES[name])
    assert "example-password" not in lake.text()


# --- what the records say ---------------------------------------------------------------------

Cells = dict[str, object]


def _are(found: Sequence[Cells], *expected: Mapping[str, object]) -> None:
    assert len(found) == len(expected)
    for row, cells in zip(found, expected, strict=True):
        assert {name: row[name] for name in cells} == cells


def test_each_password_that_dionaea_was_told_is_a_record(lake: Lake) -> None:
    taken(lake, "dionaea", EXAMPLES["dionaea"])
    root = {"service": "mysql", "username": "root", "password": "e***", "dst_port": 3306}
    admin = {"service": "mysql", "username": "admin", "password": "***", "src_port": 50122}
    ftp = {"service": "ftp", "username": "anonymous", "password": "e***", "tag": "ftp"}
    _are(lake.records(BRUTE), root, admin, ftp)
    _are(lake.records(SMB), {"src_ip": "192.0.2.47", "dst_port": 445, "application": "smb"})
    _are(lake.records(HTTP), {"src_ip": "192.0.2.48", "dst_port": 443, "severity": "low"})
    (request,) = lake.observations("request")
    assert (request["service"], request["packets"], request["src_ip"]) == (
        "ssdp",
        1,
        "203.0.113.80",
    )


def test_flat_data_of_dionaea_is_masked_as_well(lake: Lake) -> None:
    (row,) = [each for each in lines(EXAMPLES["dionaea"]) if '"mysqld"' in each]
    said = json.loads(row)
    said["credentials"] = {"username": ["root", "admin"], "password": ["horse-1", "horse-2"]}
    said["Password"] = "horse"
    taken(lake, "dionaea", json.dumps(said))
    (record,) = lake.records(BRUTE)
    assert (record["username"], record["password"]) == ("root;admin", "h***")
    assert "horse" not in lake.text()


def test_conpot_tells_what_a_controller_was_asked(lake: Lake) -> None:
    taken(lake, "conpot", EXAMPLES["conpot"])
    modbus = {"tag": "modbus", "slave_id": 1, "function_code": 43, "dst_ip": "198.51.100.71"}
    plant = {"tag": "s7comm", "protocol": "tcp", "function_code": None, "_sensor": "plant-1"}
    forged = {"tag": "bacnet;address-may-be-forged", "protocol": "udp"}
    _are(lake.records(ICS), modbus, plant, forged)
    page = {"http_url": "/index.html", "http_agent": "Example/1.0", "http_request_method": "GET"}
    _are(lake.records(HTTP), page)
    _are(
        lake.records(BRUTE), {"service": "ftp", "password": "e***", "infection": "ftp-brute-force"}
    )


def test_an_attack_on_a_web_honeypot_is_told_apart_from_a_look(lake: Lake) -> None:
    taken(lake, "tanner", EXAMPLES["tanner"])
    look = {"pattern": "index", "severity": "low", "infection": "http-scan", "http_url": "/"}
    attack = {"pattern": "lfi", "severity": "high", "infection": "http-attack", "tag": "lfi"}
    _are(lake.records(HTTP), look, attack, {"http_request_method": "POST", "severity": "low"})
    _are(lake.records(BRUTE), {"username": "admin", "password": "e***", "_sensor": "web-1"})


def test_suricata_tells_each_service_by_its_own_type(lake: Lake) -> None:
    taken(lake, "suricata", EXAMPLES["suricata"])
    request = {"severity": "low", "http_request_method": "POST", "application": "http"}
    alert = {"severity": "high", "pattern": "EXAMPLE router command injection"}
    _are(lake.records(HTTP), request, alert)
    ftp = {"service": "ftp", "password": "e***", "username": None}
    _are(lake.records(BRUTE), ftp, {"service": "smb", "username": "Administrator"})
    _are(lake.records(SMB), {"supported_protocols": "NT LM 0.12;SMB 2.002", "application": "smb"})
    _are(lake.records(RDP), {"cookie": "mstshash=hello", "dst_port": 3389})
    _are(lake.records(IKE), {"version": "2", "tag": "ikev2;address-may-be-forged"})
    _are(lake.records(ICS), {"slave_id": 1, "function_code": 43, "tag": "modbus"})


@pytest.mark.parametrize(
    "said",
    [
        {
            "event_type": "alert",
            "app_proto": "http",
            "alert": {"category": "Web Application Attack"},
        },
        {"event_type": "ike", "proto": "UDP", "ike": {"version_major": 2, "role": "responder"}},
    ],
)
def test_an_event_that_may_be_a_honeypots_answer_does_not_accuse_it(
    lake: Lake, said: dict[str, object]
) -> None:
    row = json.loads(EXAMPLES["suricata"].splitlines()[0]) | {"src_ip": "198.51.100.70"} | said
    piece = taken(lake, "suricata", json.dumps(row).encode())
    assert (piece.records, piece.dropped) == ({}, {"no_rule": 1})


@pytest.mark.parametrize("history", ["^h", "^d", "H", "R", "^r", "Sh", "^hR"])
def test_answers_that_zeek_turns_round_do_not_accuse_the_darknet(lake: Lake, history: str) -> None:
    row = json.loads(EXAMPLES["darknet-zeek"]) | {"id.orig_h": "198.51.100.9", "history": history}
    piece = taken(lake, "darknet-zeek", json.dumps(row).encode())
    assert (piece.observations, piece.dropped) == ({}, {"no_rule": 1})


@pytest.mark.parametrize(
    ("flags", "kind"),
    [("S", "darknet"), ("A", "darknet"), ("SA", "backscatter"), ("RA", "backscatter")],
)
def test_a_bare_ack_to_a_darknet_is_no_answer(lake: Lake, flags: str, kind: str) -> None:
    first = json.loads(EXAMPLES["darknet-flows"].splitlines()[0])["flows"]
    row = json.dumps(first | {"initialTCPFlags": flags}).encode()
    assert taken(lake, "darknet-flows", row).observations == {kind: 1}


def test_an_order_is_told_to_the_controllers_owner_and_to_the_victims(lake: Lake) -> None:
    taken(lake, "bot-orders", EXAMPLES["bot-orders"])
    first = {"src_ip": "192.0.2.66", "src_port": 38241, "attack": "udpplain", "duration": "30"}
    prefix = {"dst_ip": None, "dst_network": "203.0.113.0/28", "dst_netmask": "28"}
    named = {"dst_ip": None, "domain": "www.example.org", "src_hostname": "irc.example.com"}
    _are(lake.records(ORDERED), {**first, "dst_ip": "203.0.113.80"}, prefix, named)
    victim = {"dst_ip": "203.0.113.80", "dst_port": 80, "src_ip": "192.0.2.66", "tag": "mirai"}
    _are(lake.records(TARGET), victim, {"dst_ip": "203.0.113.0/28", "severity": "info"})
    _are(
        lake.records(CC)[2:],
        {"ip": "192.0.2.67", "channel": "#example", "domain": "irc.example.com"},
        {"ip": "192.0.2.67", "tag": "scan", "family": "kaiten"},
    )
    assert "198.51.100.200" not in lake.text()


# --- what is kept for correlations ------------------------------------------------------------


@pytest.mark.parametrize("name", ["zeek-conn", "zeek-conn-tsv", "nfdump", "goflow2"])
def test_a_flow_keeps_its_ends_packets_and_bytes(lake: Lake, name: str) -> None:
    taken(lake, name, EXAMPLES[name])
    flow = lake.observations("flow")[0]
    ends = ("src_ip", "src_port", "dst_ip", "dst_port", "protocol", "packets", "bytes")
    assert [flow[end] for end in ends] == [
        *["192.0.2.44", 50122, "198.51.100.7", 22],
        *["tcp", 12, 1732],
    ]
    assert str(flow["timestamp"]).startswith("2026-11-22 04:12:09.265")


@pytest.mark.parametrize(
    ("name", "kind", "flags"),
    [
        ("darknet-packets", "darknet", ["S", "S", None]),
        ("darknet-flows", "darknet", ["S", None]),
        ("darknet-zeek", "darknet", ["S"]),
        ("nfdump", "flow", ["APSF", None]),
        ("goflow2", "flow", ["APSF", None]),
        ("suricata", "flow", ["APSF"]),
        ("zeek-conn", "flow", [None, "S"]),
    ],
)
def test_flags_are_the_same_letters_whoever_writes_them(
    lake: Lake, name: str, kind: str, flags: list[str | None]
) -> None:
    taken(lake, name, EXAMPLES[name])
    assert [row["tcp_flags"] for row in lake.observations(kind)] == flags


def test_a_request_counts_its_packets_or_is_one(lake: Lake) -> None:
    taken(lake, "amplification-pot", EXAMPLES["amplification-pot"])
    told = [(row["service"], row["packets"], row["bytes"]) for row in lake.observations("request")]
    assert told == [("cldap", 1, 52), ("dns", 4410, 282240)]
    assert {row["src_ip"] for row in lake.observations("request")} == {"203.0.113.80"}


def test_a_failed_login_that_zeek_saw_accuses_nobody_yet(lake: Lake) -> None:
    for name in ("zeek-ssh", "zeek-ssh-tsv"):
        taken(lake, name, EXAMPLES[name])
    logins = lake.observations("login")
    assert [(row["service"], row["src_ip"]) for row in logins] == [("ssh", "192.0.2.44")] * 2
    assert lake.records(BRUTE) == []


# --- in reports -------------------------------------------------------------------------------

OURS = """\
extends: {name}
title: Sensors of the tests
filters: {{reserved_allowed: [documentation]}}
"""


@pytest.mark.parametrize(
    ("name", "report_type"),
    [("conpot", ICS), ("dionaea", BRUTE), ("suricata", BRUTE), ("tanner", BRUTE)],
)
def test_a_report_hides_the_sensor_and_the_password(
    lake: Lake, name: str, report_type: str
) -> None:
    lake.small.write_source("ours", OURS.format(name=name))
    path = lake.small.put("log.json", EXAMPLES[name].encode())
    assert lake.small.collect(path, source="ours").refused == []
    rows = rows_of(lake.small, lake.small.night(), f"2026-11-22-{report_type}-alpha-asn.csv")
    assert rows
    assert {row["dst_ip"] for row in rows} == {""}
    assert all(row["src_asn"] == "64496" for row in rows)
    assert {row.get("password", "") for row in rows} <= {"", "***", "e***"}
