"""Clicks, broken sites, leaks, implants, proxies, phish and malware: what rows of each become."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.fakes.kept_text import kept_text
from tests.fakes.small_home import SmallHome

from tocsin.catalogue.load import SHIPPED, load_files
from tocsin.engine.intake.ledger import Ledger, PieceAccount

NIGHT = dt.datetime(2026, 11, 22, 23, tzinfo=dt.UTC)
EXAMPLES = load_files(SHIPPED, None).examples
Row = Mapping[str, object]


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def take(small: SmallHome, source: str, content: bytes, name: str = "") -> PieceAccount:
    """What becomes of a content; its rows add up, whatever they are."""
    path = small.put(name or EXAMPLES[source]["file"], content)
    collected = small.collect(path, source=source, now=NIGHT, switched_off=("reserved",))
    assert collected.refused == []
    ((piece,),) = (record.pieces for record in Ledger(small.home.ledger).records())
    assert piece.adds_up
    return piece


def take_rows(small: SmallHome, source: str, *rows: object) -> PieceAccount:
    return take(small, source, b"".join(json.dumps(row).encode() + b"\n" for row in rows))


def take_example(small: SmallHome, source: str) -> PieceAccount:
    return take(small, source, EXAMPLES[source]["content"].encode())


def first_row(source: str) -> dict[str, object]:
    """The first row of the example of a source whose rows are objects."""
    row: dict[str, object] = json.loads(EXAMPLES[source]["content"].splitlines()[0])
    return row


def kept_rows(small: SmallHome, tier: str, columns: Sequence[str]) -> list[tuple[object, ...]]:
    """The kept rows by these columns, `type` among them, in no order that means anything."""
    found = []
    for path in sorted((small.home.lake / tier).rglob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            kind = next(part for part in path.parts if part in _KINDS)
            extra = json.loads(row["_extra"] or "{}")
            found.append(tuple((extra | row | {"type": kind}).get(name) for name in columns))
    return sorted(found, key=repr)


_KINDS = {*load_files(SHIPPED, None).catalogue.report_types, "click"}

IP, URL = ("type", "ip", "port", "tag"), ("type", "ip", "url", "severity")

EXPECTED: dict[str, tuple[Sequence[str], list[tuple[object, ...]]]] = {
    "ad-clicks": (
        ("type", "src_ip", "affiliate_id", "infection", "method", "event_id", "_sensor"),
        [
            ("click_fraud", "192.0.2.12", "a-17", "clickbot", "link that no person sees", "c-0001",
             "landing-1"),
            ("click_fraud", "2001:db8:12::51", "a-17", "Example-Clicker",
             "script that draws no page", "c-0002", "landing-1"),
        ],
    ),
    "crawler-findings": (
        ("type", "ip", "http_host", "status", "severity", "family", "confidence"),
        [
            ("compromised_website", "198.51.100.40", "old.example.net", "suspected", "medium", None,
             "low"),
            ("compromised_website", "203.0.113.20", "www.example.org", "compromised", "critical",
             "socgholish", None),
            ("compromised_website6", "2001:db8:8::20", "shop.example.com", "compromised",
             "critical", None, None),
        ],
    ),
    "sinkhole-referers": (
        ("type", "ip", "port", "http_host", "tag", "severity", "redirect_target"),
        [
            ("compromised_website", "203.0.113.21", None, "news.example.org", "sinkhole-referer",
             "high", "http://cdn.example.net/load.js"),
            ("compromised_website6", "2001:db8:8::21", 8080, "blog.example.com",
             "sinkhole-referer", "high", "http://cdn.example.net/load.js"),
        ],
    ),
    "leaked-credentials": (
        ("type", "email", "infection", "service", "tag", "severity", "password"),
        [
            ("compromised_account", "another@example.org", None, None, "breach", "high", None),
            ("compromised_account", "someone@example.org", "redline", "webmail.example.org",
             "stealer", "critical", None),
        ],
    ),
    "leaked-credentials-csv": (
        ("type", "email", "infection", "service", "tag", "detail", "password"),
        [
            ("compromised_account", "fourth@example.net", None, None, "breach",
             "example forum, 2024", None),
            ("compromised_account", "third@example.net", "lumma", "vpn.example.net", "stealer",
             None, None),
        ],
    ),
    "implant-scans": (
        ("type", "ip", "category", "family", "device_vendor", "account", "http_host"),
        [
            ("compromised_iot", "192.0.2.90", "backdoor", "cyclops-blink", "Example", None, None),
            ("compromised_iot6", "2001:db8:7::90", "malicious-key", None, "Example", "root", None),
            ("compromised_website", "203.0.113.22", "webshell", "example-shell", None, None,
             "www.example.org"),
            ("compromised_website6", "2001:db8:8::22", "webshell", "example-shell", None, None,
             "shop.example.com"),
        ],
    ),
    "proxy-tests": (
        (*IP, "http_code", "via"),
        [
            ("scan6_http_proxy", "2001:db8:7::31", 8080, "http-proxy", 200, "1.1 proxy6"),
            ("scan_http_proxy", "192.0.2.31", 3128, "http-connect-proxy", 200, "1.1 proxy31"),
            ("scan_socks", "192.0.2.92", 1080, "socks4", None, None),
            ("scan_socks", "192.0.2.93", 1080, "socks5", None, None),
        ],
    ),
    "phishtank": (
        (*IP, "hostname", "application", "detail"),
        [
            ("phishing_url", "192.0.2.77", None, "phishing", "192.0.2.77", "https", "Example Bank"),
            ("phishing_url", "198.51.100.78", 8080, "phishing", "198.51.100.78", "http", None),
        ],
    ),
    "phishtank-json": (
        (*IP, "hostname", "_domains"),
        [
            ("phishing_url", "192.0.2.79", None, "phishing", "shop.example.org",
             ["shop.example.org"]),
            ("phishing_url", "2001:db8:7::79", None, "phishing", "shop.example.org",
             ["shop.example.org"]),
        ],
    ),
    "openphish": (
        URL,
        [
            ("phishing_url", "192.0.2.80", "http://192.0.2.80/secure/login.php", "high"),
            ("phishing_url", "198.51.100.81", "https://198.51.100.81:8443/bank/?a=1,2", "high"),
        ],
    ),
    "openphish-json": (
        (*URL, "detail", "sector"),
        [("phishing_url", "192.0.2.82", "https://login.example.com/verify/", "high",
          "Example Bank", None)],
    ),
    "apwg": (
        (*URL, "detail"),
        [
            ("phishing_url", "192.0.2.83", "https://pay.example.net/signin", "high",
             "Example Bank"),
            ("phishing_url", "198.51.100.83", "https://pay.example.net/signin", "high",
             "Example Bank"),
            ("phishing_url", "203.0.113.84", "http://203.0.113.84/~site/", "high", "Example Post"),
        ],
    ),
    "honeypot-downloads": (
        (*IP, "application", "severity", "md5"),
        [
            ("malware_url", "192.0.2.140", 50008, "Linux.Mirai", "http", "critical",
             "0123456789abcdef0123456789abcdef"),
            ("malware_url", "192.0.2.142", None, None, "http", "medium", None),
            ("malware_url", "2001:db8:7::141", None, None, "ftp", "critical",
             "fedcba9876543210fedcba9876543210"),
        ],
    ),
    "sandbox-urls": (
        ("type", "ip", "port", "method", "user_agent", "hostname"),
        [
            ("sandbox_url", "192.0.2.142", 80, "GET", "Mozilla/5.0 (compatible)",
             "stage.example.com"),
            ("sandbox_url", "2001:db8:7::143", 8443, "POST", "example", "2001:db8:7::143"),
        ],
    ),
    "urlhaus-json": (
        (*IP, "source"),
        [("malware_url", "192.0.2.98", 37352, "32-bit;elf;example", "abuse.ch")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("source", sorted(EXPECTED))
def test_the_example_of_a_sensor_becomes_these_records(small: SmallHome, source: str) -> None:
    piece = take_example(small, source)
    columns, rows = EXPECTED[source]
    assert kept_rows(small, "records", columns) == rows
    assert piece.rejected == {}


def test_clicks_of_which_nothing_is_proved_are_observations(small: SmallHome) -> None:
    piece = take_example(small, "ad-clicks")
    assert (piece.records, piece.observations) == ({"click_fraud": 2}, {"click": 2})
    columns = ("type", "src_ip", "ad_network", "affiliate_id", "http_host")
    click = ("click", "192.0.2.31", "Example Ads", "a-17", "ads.example.com")
    assert kept_rows(small, "observations", columns) == [click, click]


NOBODY: list[tuple[str, Row]] = [
    ("ad-clicks", {"verdict": "human"}),
    ("ad-clicks", {"verdict": "unknown", "affiliate": None, "ad_network": ""}),
    ("ad-clicks", {"client_ip": None}),
    ("crawler-findings", {"status": "cleaned"}),
    ("crawler-findings", {"status": None}),
    ("crawler-findings", {"url": None, "site": None}),
    ("sinkhole-referers", {"visitors": 2}),
    ("sinkhole-referers", {"visitors": "many"}),
    ("sinkhole-referers", {"referer": "android-app://com.example/"}),
    ("leaked-credentials", {"email": None}),
    ("leaked-credentials", {"email": "someone"}),
    ("leaked-credentials", {"email": ["someone@example.org", {"a": 1}]}),
    ("implant-scans", {"confirmed": False}),
    ("implant-scans", {"confirmed": "maybe"}),
    ("proxy-tests", {"worked": False}),
    ("proxy-tests", {"judge": {"token_seen": False}}),
    ("proxy-tests", {"judge": "yes"}),
    ("proxy-tests", {"judge": None}),
    ("proxy-tests", {"kind": "carrier pigeon"}),
    ("phishtank-json", {"verified": "no"}),
    ("phishtank-json", {"online": "no"}),
    ("openphish-json", {"url": "no page at all"}),
    ("apwg", {"confidence_level": 50}),
    ("apwg", {"status": "removed"}),
    ("honeypot-downloads", {"url": None}),
    ("sandbox-urls", {"simulated": True}),
    ("sandbox-urls", {"url": None}),
]


@pytest.mark.parametrize(("source", "changed"), NOBODY)
def test_what_nobody_should_get_is_dropped_as_no_rule(
    small: SmallHome, source: str, changed: Row
) -> None:
    piece = take_rows(small, source, first_row(source) | dict(changed))
    assert (piece.accepted, piece.dropped, piece.rejected) == (0, {"no_rule": 1}, {})


TURNED_AWAY: list[tuple[str, Row, str]] = [
    ("ad-clicks", {"time": "yesterday"}, "bad_time"),
    ("ad-clicks", {"time": None}, "no_time"),
    ("ad-clicks", {"client_ip": "someone"}, "bad_subject"),
    ("ad-clicks", {"client_ip": {"v4": "192.0.2.1"}}, "bad_subject"),
    ("ad-clicks", {"client_port": 70000}, "impossible"),
    ("crawler-findings", {"ip": None}, "no_subject"),
    ("crawler-findings", {"ip": "www.example.org"}, "bad_subject"),
    ("sinkhole-referers", {"time": "2026-11-24T06:00:00Z"}, "future"),
    ("leaked-credentials", {"time": "2020-01-01"}, "too_old"),
    ("leaked-credentials", {"email": "someone@-.example"}, "bad_subject"),
    ("implant-scans", {"ip": ["192.0.2.1", "192.0.2.2"]}, "bad_subject"),
    ("proxy-tests", {"kind": "socks5", "ip": "2001:db8::92"}, "wrong_family"),
    ("phishtank-json", {"details": []}, "no_subject"),
    ("phishtank-json", {"details": "gone"}, "no_subject"),
    ("apwg", {"ip": None}, "no_subject"),
    ("honeypot-downloads", {"url": "http://files.example.net/x"}, "no_subject"),
    ("honeypot-downloads", {"url": "http://192.0.2.1@files.example.net/x"}, "no_subject"),
    ("sandbox-urls", {"ip": None}, "no_subject"),
    ("urlhaus-json", {"host": "files.example.net", "url": "http://files.example.net/"},
     "no_subject"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "changed", "reason"), TURNED_AWAY)
def test_a_row_that_cannot_be_right_is_rejected_with_its_reason(
    small: SmallHome, source: str, changed: Row, reason: str
) -> None:
    piece = take_rows(small, source, first_row(source) | dict(changed), first_row(source))
    assert piece.rejected == {reason: 1}
    assert piece.accepted == 1


def test_pages_on_names_have_no_address_and_are_rejected_with_that_reason(
    small: SmallHome,
) -> None:
    content = b"https://login.example.org/\nhttp://192.0.2.80@login.example.org/\n"
    assert take(small, "openphish", content).rejected == {"no_subject": 2}


def test_a_list_of_urls_is_of_the_day_in_its_name(small: SmallHome) -> None:
    take(small, "openphish", b"http://192.0.2.80/\n", "2026-11-21-openphish.txt")
    ((moment,),) = kept_rows(small, "records", ["timestamp"])
    assert isinstance(moment, dt.datetime)
    assert moment == dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


# --- hostile rows -----------------------------------------------------------------------------

HOSTILE = [
    b"{", b"[1, 2]", b"null", b'"text"', b"7", b"{}", b'{"time": 7}', b"\xff\xfe\x00",
    b'{"\xff": "\xfe"}', b'{"time": "2026-11-22T05:00:00Z", "ip": "\x00"}', b"{" * 5_000,
    b'{"a": ' * 300 + b"1" + b"}" * 300, b'{"url": "' + b"x" * 200_000 + b'"}',
    b'{"time": true, "ip": {"a": []}, "url": [[["http://192.0.2.1/"]]], "email": 7, "kind": {}}',
    b'{"time": "2026-11-22T05:00:00Z", "ip": "=cmd|x", "url": "javascript:alert(1)"}',
]  # fmt: skip


def odd_values(row: Row) -> list[bytes]:
    """The row, with each of its values replaced by what it should not be."""
    odd: list[object] = [None, "", [], {}, [[{"a": "b"}]], -1, 1e400, True, "\x00\r\n", "é" * 5_000]
    changed = [dict(row) | {name: value} for name in row for value in odd]
    return [json.dumps(each).encode() for each in changed]


@pytest.mark.parametrize(
    "source",
    [name for name in sorted(EXPECTED) if EXAMPLES[name]["content"].startswith("{")],
)
def test_odd_rows_are_accounted_for_one_by_one_and_never_stop_a_file(
    small: SmallHome, source: str
) -> None:
    example = EXAMPLES[source]["content"].encode()
    odd = [*HOSTILE, *odd_values(first_row(source))]
    piece = take(small, source, b"\n".join(odd) + b"\n" + example)
    assert piece.rows == len(odd) + len(example.splitlines())
    expected = Counter(row[0] for row in EXPECTED[source][1])
    assert all(piece.records[str(kind)] >= count for kind, count in expected.items())


CSV_ODD = [
    b",,,,,,,",
    b"\xff\xfe,\x00",
    b"a,b,c,d,e,f,g,h,i,j,k,l",
    b"x" * 100_000,
    b"=cmd|x",
    b"7",
]


@pytest.mark.parametrize("source", ["phishtank", "openphish", "leaked-credentials-csv"])
def test_odd_lines_of_lists_are_accounted_for_too(small: SmallHome, source: str) -> None:
    example = EXAMPLES[source]["content"].encode()
    piece = take(small, source, example + b"\n".join(CSV_ODD) + b"\n")
    assert piece.rows == len(example.splitlines()) + len(CSV_ODD)
    assert sum(piece.records.values()) >= len(EXPECTED[source][1])


# --- what must not be kept --------------------------------------------------------------------

SECRET = "hunter2-and-more"


@pytest.mark.parametrize(
    "row",
    [
        {"password": SECRET, "hash": SECRET, "pass": SECRET, "anything": {"deep": [SECRET]}},
        {"email": f"someone@example.org:{SECRET}"},
        {"email": SECRET},
        {"email": f"{SECRET} someone@example.org"},
        {"username": f"someone:{SECRET}"},
        {"url": f"https://someone:{SECRET}@webmail.example.org/?session={SECRET}"},
        {"url": f"https://webmail.example.org/#{SECRET}"},
        {"time": "never", "password": SECRET},
        {"time": "2020-01-01", "password": SECRET},
        {"email": "someone@-.example", "password": SECRET},
    ],
)
def test_of_a_stolen_password_nothing_is_kept_anywhere(small: SmallHome, row: Row) -> None:
    take_rows(small, "leaked-credentials", first_row("leaked-credentials") | dict(row))
    assert SECRET not in kept_text(small)


def test_not_even_of_a_line_that_cannot_be_read(small: SmallHome) -> None:
    content = f'{{"email": "someone@example.org", "password": "{SECRET}"\n["{SECRET}"]\n{SECRET}\n'
    piece = take(small, "leaked-credentials", content.encode())
    assert sum(piece.rejected.values()) == 3
    assert SECRET not in kept_text(small)


def test_a_combined_address_and_password_is_read_as_the_address(small: SmallHome) -> None:
    rows = [{"time": "2026-11-22", "email": f"a@example.org{mark}{SECRET}"} for mark in ":;|,"]
    take_rows(small, "leaked-credentials", *rows)
    assert kept_rows(small, "records", ["email"]) == [("a@example.org",)] * 4


REMOVED: list[tuple[str, Row]] = [
    ("ad-clicks", {"cookies": {"session": SECRET}, "headers": [SECRET]}),
    ("crawler-findings", {"snippet": SECRET, "html": SECRET}),
    ("sinkhole-referers", {"visitor_ips": [SECRET], "client_ip": SECRET}),
    ("implant-scans", {"answer": SECRET, "password": SECRET}),
    ("proxy-tests", {"username": SECRET, "password": SECRET}),
    ("openphish-json", {"drop_accounts": SECRET, "emails": [SECRET]}),
    ("honeypot-downloads", {"sensor_ip": SECRET, "password": SECRET}),
    ("sandbox-urls", {"src": SECRET, "request": SECRET}),
]


@pytest.mark.parametrize(("source", "more"), REMOVED)
def test_what_tells_of_sensors_and_of_people_is_removed(
    small: SmallHome, source: str, more: Row
) -> None:
    piece = take_rows(small, source, first_row(source) | dict(more))
    assert piece.accepted == 1
    assert SECRET not in kept_text(small)


# --- the pages --------------------------------------------------------------------------------

PAGES = Path(__file__).parents[2] / "docs" / "operators" / "sensors"
SHOWN = {
    "click-monitor": ["ad-clicks"],
    "web-crawler": ["crawler-findings", "sinkhole-referers"],
    "leaked-credentials": ["leaked-credentials"],
    "implant-scans": ["implant-scans"],
    "proxy-tests": ["proxy-tests"],
    "malware-downloads": ["honeypot-downloads", "sandbox-urls"],
}


@pytest.mark.parametrize("page", sorted(SHOWN))
def test_the_rows_that_a_page_shows_are_taken(tmp_path: Path, page: str) -> None:
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    rows = re.findall(r"^```json\n(.*?)^```", text, re.M | re.S)
    for source, row in zip(SHOWN[page], rows, strict=True):
        (tmp_path / source).mkdir()
        piece = take(SmallHome.make(tmp_path / source), source, row.encode())
        assert (piece.accepted, piece.rejected, piece.set_aside) == (1, {}, {})
