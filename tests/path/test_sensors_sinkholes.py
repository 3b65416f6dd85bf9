"""Sinkholes, watched channels, monitors, sandboxes and scans for beacons: who is told what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from tests.fakes.sinkhole_files import account, example, kept, outcomes, rules_used
from tests.fakes.small_home import SmallHome
from tests.strategies.hostile_texts import HOSTILE

from tocsin.catalogue.load import load_catalogue

Row = Mapping[str, object]

OUTCOMES: Mapping[str, list[tuple[object, ...]]] = {
    "sinkhole-http": [
        ("click", "192.0.2.13", "198.51.100.80", None),
        ("click_fraud", "192.0.2.13", "198.51.100.80", "zeroaccess"),
        ("event4_sinkhole", "192.0.2.12", "198.51.100.80", "example-family"),
        ("event4_sinkhole_http", "192.0.2.10", "198.51.100.80", "example-family"),
        ("event4_sinkhole_http", "192.0.2.13", "198.51.100.80", "zeroaccess"),
        ("event4_sinkhole_http", "192.0.2.31", "198.51.100.80", "example-injection"),
        ("event4_sinkhole_http_referer", "203.0.113.20", "198.51.100.80", "example-injection"),
        ("event6_sinkhole_http", "2001:db8:7::a1", "2001:db8:ffff::80", "example-family"),
        ("rendezvous", "192.0.2.12", "203.0.113.66", "example-family"),
    ],
    "sinkhole-access": [
        ("click", "192.0.2.13", None, None),
        ("event4_sinkhole_http", "192.0.2.10", None, "sinkholed-name"),
        ("event4_sinkhole_http", "192.0.2.11", None, "lokibot"),
        ("event4_sinkhole_http", "192.0.2.13", None, "sinkholed-name"),
        ("event4_sinkhole_http_referer", "203.0.113.20", None, "sinkholed-name"),
        ("event6_sinkhole_http", "2001:db8:7::a1", None, "sinkholed-name"),
        ("event6_sinkhole_http_referer", "2001:db8:9::20", None, "sinkholed-name"),
    ],
    "sinkhole-tcp": [
        ("event4_sinkhole", "192.0.2.10", "198.51.100.81", "Example-Rat"),
        ("event4_sinkhole", "192.0.2.14", "198.51.100.81", "example-rat"),
        ("event6_sinkhole", "2001:db8:7::a2", "2001:db8:ffff::81", "example-rat"),
        ("rendezvous", "192.0.2.14", "203.0.113.66", "example-rat"),
    ],
    "sinkhole-dns": [
        ("event4_sinkhole_dns", "192.0.2.53", None, "sinkholed-name"),
        ("event4_sinkhole_dns", "192.0.2.54", None, "example-rat"),
    ],
    "irc-watch": [
        *[("botnet_cc", "203.0.113.66", None, "example-bot")] * 4,
        ("botnet_cc", "203.0.113.66", None, "irc-controller"),
        ("event4_sinkhole", "192.0.2.15", "203.0.113.66", "example-bot"),
        ("event4_sinkhole", "192.0.2.16", "203.0.113.66", "example-bot"),
        ("event6_sinkhole", "2001:db8:7::a3", "203.0.113.66", "example-bot"),
        ("rendezvous", "192.0.2.15", "203.0.113.66", "example-bot"),
        ("rendezvous", "192.0.2.16", "203.0.113.66", "example-bot"),
        ("rendezvous", "2001:db8:7::a3", "203.0.113.66", "example-bot"),
    ],
    "cc-monitor": [
        ("botnet_cc", "2001:db8:9::66", None, "example-family"),
        *[("botnet_cc", "203.0.113.66", None, "example-bot")] * 2,
    ],
    "sandbox": [
        ("sandbox_conn", "203.0.113.141", None, None),
        ("sandbox_conn", "203.0.113.142", None, None),
        ("sandbox_dns", "update.example.com", None, None),
        ("sandbox_url", "203.0.113.141", None, None),
        ("sandbox_url", "203.0.113.143", None, None),
    ],
    "beacon-scan": [
        ("botnet_cc", "203.0.113.94", None, "cobalt-strike"),
        ("scan_post_exploitation_framework", "203.0.113.92", None, None),
        ("scan_post_exploitation_framework", "203.0.113.93", None, None),
    ],
}
NDJSON = sorted(set(OUTCOMES) - {"sinkhole-access"})


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def lines(rows: Iterable[Row]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def first_row(source: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(example(source).splitlines()[0])
    return found


@pytest.mark.parametrize("source", sorted(OUTCOMES))
def test_an_example_becomes_exactly_these_records_and_observations(
    small: SmallHome, source: str
) -> None:
    piece = account(small, source, example(source))
    assert (piece.rejected, piece.dropped) == ({}, {})
    assert outcomes(small) == sorted(OUTCOMES[source], key=str)


@pytest.mark.parametrize("source", sorted(OUTCOMES))
def test_every_rule_of_a_sensor_takes_something_of_its_example(
    small: SmallHome, source: str
) -> None:
    account(small, source, example(source))
    rules = {rule.id for rule in load_catalogue().rules if rule.service == source}
    assert rules_used(small) == rules


NOBODYS: Mapping[str, list[Row]] = {
    "sinkhole-http": [
        {"infection": "", "family": None},
        {"http_user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"request": "GET /robots.txt HTTP/1.1"},
        {"infection": None, "family": None, "request": "\u0016\u0003\u0001"},
    ],
    "sinkhole-tcp": [
        {"family": None},
        {"protocol": "udp"},
        {"protocol": None},
    ],
    "irc-watch": [{"event": "PING"}, {"channel": None}],
    "cc-monitor": [
        {"status": "dead"},
        {"status": "sinkholed"},
        {"status": None},
        {"ip": None},
    ],
}


@pytest.mark.parametrize("source", sorted(NOBODYS))
def test_what_is_nobodys_news_is_dropped_as_such(small: SmallHome, source: str) -> None:
    rows = [{**first_row(source), **other} for other in NOBODYS[source]]
    piece = account(small, source, lines(rows))
    assert piece.dropped == {"no_rule": len(rows)}
    assert outcomes(small) == []


def test_a_datagram_makes_nobody_an_infected_machine(small: SmallHome) -> None:
    rows = [{**first_row("sinkhole-tcp"), "protocol": word} for word in ("udp", "UDP", "icmp", "")]
    assert account(small, "sinkhole-tcp", lines(rows)).dropped == {"no_rule": 4}


def test_of_a_question_by_udp_the_record_says_that_the_resolver_may_be_forged(
    small: SmallHome,
) -> None:
    account(small, "sinkhole-dns", example("sinkhole-dns"))
    tags = {str(row["src_ip"]): row["tag"] for row in kept(small)}
    assert tags == {"192.0.2.53": "address-may-be-forged", "192.0.2.54": None}


def test_questions_that_look_at_the_zone_itself_are_nobodys_news(small: SmallHome) -> None:
    text = example("sinkhole-dns").decode()
    others = [text.replace("IN\\t A\\n", f"IN\\t {word}\\n") for word in ("SOA", "ANY", "NS")]
    others.append(text.replace("AUTH_QUERY", "CLIENT_QUERY"))
    piece = account(small, "sinkhole-dns", "".join(others).encode())
    assert piece.dropped == {"no_rule": 5}
    # The second line of each is a question by TCP for TXT.
    assert piece.accepted == 3


def test_a_resolver_of_ipv6_is_told_apart_since_its_type_has_no_twin(small: SmallHome) -> None:
    text = example("sinkhole-dns").replace(b"192.0.2.53", b"2001:db8::53")
    assert account(small, "sinkhole-dns", text).rejected == {"wrong_family": 1}


def test_a_visitor_of_a_broken_site_is_no_bot_and_is_not_named_to_its_owner(
    small: SmallHome,
) -> None:
    account(small, "sinkhole-access", example("sinkhole-access"))
    account(small, "sinkhole-http", example("sinkhole-http"))
    told = [row for row in kept(small) if "http_referer_ip" in row]
    assert len(told) == 3
    assert not any("192.0.2.3" in json.dumps(row, default=str) for row in told)
    visitors = [row for row in kept(small) if row.get("src_ip") in ("192.0.2.31", "192.0.2.32")]
    assert [(row["severity"], row["tag"]) for row in visitors] == [("medium", "referer")]


PROXY_TESTS = (
    b'gate.example.com:80 192.0.2.9 - - [22/Nov/2026:04:12:09 +0000] "GET http://www.example.org/'
    b' HTTP/1.1" 200 1 "-" "-"\n'
    b'gate.example.com:80 192.0.2.9 - - [22/Nov/2026:04:12:09 +0000] "CONNECT www.example.org:443'
    b' HTTP/1.1" 405 1 "-" "-"\n'
    b'none:80 192.0.2.9 - - [22/Nov/2026:04:12:09 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n'
    b'198.51.100.80:80 192.0.2.9 - - [22/Nov/2026:04:12:09 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n'
    b'192.0.2.9 - - [22/Nov/2026:04:12:09 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n'
    b'gate.example.com:80 192.0.2.9 - - [22/Nov/2026:04:12:09 +0000] "\\x16\\x03" 400 1 "-" "-"\n'
)


def test_whoever_asked_for_none_of_the_names_is_not_accused(small: SmallHome) -> None:
    piece = account(small, "sinkhole-access", PROXY_TESTS)
    assert piece.dropped == {"no_rule": 6}


def test_lines_that_are_none_are_rejected_one_by_one(small: SmallHome) -> None:
    content = example("sinkhole-access") + b"nonsense \xff\x00\n\n" + b'a "b\n' * 3
    piece = account(small, "sinkhole-access", content)
    assert (piece.accepted, piece.rejected) == (6, {"unreadable": 4})


SECRETS: Mapping[str, Row] = {
    "sinkhole-http": {
        "request_body": "login=SECRET",
        "http_cookie": "SECRET",
        "http_authorization": "Basic SECRET",
        "remote_user": "SECRET",
    },
    "sinkhole-tcp": {"first_bytes": "SECRET", "payload": "SECRET", "first_text": "SECRET"},
    "irc-watch": {"text": ".login SECRET", "key": "SECRET", "password": "SECRET"},
    "cc-monitor": {"server_password": "SECRET", "password": "SECRET", "channel_key": "SECRET"},
    "beacon-scan": {
        "Proxy_User": "SECRET",
        "Proxy_Password": "SECRET",
        "SSH_Username": "SECRET",
        "SSH_Password_Plaintext": "SECRET",
        "SSH_Password_Pubkey": "SECRET",
    },
}


@pytest.mark.parametrize("source", sorted(SECRETS))
def test_what_was_stolen_or_opens_doors_is_kept_nowhere(small: SmallHome, source: str) -> None:
    rows = [{**json.loads(line), **SECRETS[source]} for line in example(source).splitlines()]
    assert account(small, source, lines(rows)).accepted == len(rows)
    everything = json.dumps(kept(small), default=str)
    assert "SECRET" not in everything
    assert "example-word" not in everything


def test_a_user_and_what_stands_behind_a_line_of_an_access_log_is_not_kept(
    small: SmallHome,
) -> None:
    content = example("sinkhole-access").replace(b" - - [", b" SECRET SECRET [")
    content = content.replace(b'"\n', b'" "SECRET"\n')
    assert account(small, "sinkhole-access", content).accepted == 6
    assert "SECRET" not in json.dumps(kept(small), default=str)


def test_who_is_infected_is_not_told_to_whoever_has_the_controller(small: SmallHome) -> None:
    account(small, "irc-watch", example("irc-watch"))
    told = [row for row in kept(small) if "channel" in row]
    assert len(told) == 5
    assert "192.0.2.1" not in json.dumps(told, default=str)
    assert {row["channel"] for row in told} == {"#example"}


def test_a_servers_own_password_does_not_go_with_the_beacon(small: SmallHome) -> None:
    account(small, "beacon-scan", example("beacon-scan"))
    everything = json.dumps(kept(small), default=str)
    assert "example-word" not in everything
    assert "example-user" not in everything


ODD: tuple[object, ...] = (
    7,
    1e300,
    True,
    None,
    [],
    {},
    [1, [2]],
    {"a": {"b": [{"c": None}]}},
    "192.0.2.300",
    "x" * 70_000,
    *HOSTILE,
)


def odd_rows(row: Row) -> Iterable[Row]:
    yield {}
    yield {"unknown": "kind"}
    for key in row:
        yield {name: cell for name, cell in row.items() if name != key}
        yield from ({**row, key: cell} for cell in ODD)


@pytest.mark.parametrize("source", NDJSON)
def test_odd_rows_are_accounted_for_and_stop_nothing(small: SmallHome, source: str) -> None:
    rows = [row for line in example(source).splitlines()[:2] for row in odd_rows(json.loads(line))]
    deep = b'{"a":' * 40 + b"1" + b"}" * 40 + b"\n"
    broken = b'{"timestamp": "\xff\xfe"}\n[1]\n{"a": \nnull\n' + deep
    huge = b'{"timestamp": "' + b"9" * (1 << 21) + b'"}\n'
    content = lines(rows) + broken + huge + example(source)
    piece = account(small, source, content)
    assert piece.rows == len(rows) + 6 + len(example(source).splitlines())
    assert piece.accepted + sum(piece.dropped.values()) + sum(piece.rejected.values()) == piece.rows
    assert piece.accepted >= len(example(source).splitlines())


def test_a_sandbox_row_of_too_many_connections_is_rejected_and_said(small: SmallHome) -> None:
    row = first_row("sandbox")
    row["network"] = {"tcp": [{"dst": "203.0.113.1", "dport": n} for n in range(1001)]}
    assert account(small, "sandbox", lines([row])).rejected == {"too_many_events": 1}


def test_a_sandboxes_own_doings_are_nobodys_news(small: SmallHome) -> None:
    row = first_row("sandbox")
    row["network"] = {
        "udp": [{"dst": "203.0.113.1", "dport": 53}],
        "dns": [{"request": "wpad", "type": "A"}, {"request": "1.2.0.192.in-addr.arpa"}],
        "http": [{"host": "update.example.com", "uri": "http://update.example.com/"}],
    }
    assert account(small, "sandbox", lines([row])).dropped == {"no_rule": 1}


def test_of_a_beacons_hosts_only_those_that_are_addresses_are_controllers(
    small: SmallHome,
) -> None:
    row = first_row("beacon-scan")
    row["config"] = {
        "BeaconType": ["HTTPS"],
        "Port": 443,
        "C2Server": "203.0.113.94,/a,cdn.example.com,/b,2001:db8::94,/c",
    }
    piece = account(small, "beacon-scan", lines([row]))
    assert piece.records == {"botnet_cc": 2, "scan_post_exploitation_framework": 1}
    controllers = {(row["ip"], row["port"]) for row in kept(small) if "first_seen" in row}
    assert controllers == {("203.0.113.94", 443), ("2001:db8::94", 443)}


def test_a_beacon_under_ipv6_is_told_by_its_controller_or_not_at_all(small: SmallHome) -> None:
    """The type for servers of beacons is about IPv4 alone, and has no twin."""
    row = {**first_row("beacon-scan"), "ip": "2001:db8:9::92"}
    assert account(small, "beacon-scan", lines([row])).rejected == {"wrong_family": 1}
    row["config"] = {"BeaconType": ["HTTPS"], "Port": 443, "C2Server": "203.0.113.94,/a"}
    piece = account(small, "beacon-scan", lines([row]))
    assert (piece.records, piece.rejected) == ({"botnet_cc": 1}, {})
    assert piece.notes["not_for:scan_post_exploitation_framework"] == 1
