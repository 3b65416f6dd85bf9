"""Sensors of clicks, sites, leaks, proxies, phish and malware: their examples, really taken in."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

import pyarrow.parquet as pq
from tests.fakes.small_home import SmallHome

from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_files
from tocsin.engine.intake.ledger import Ledger, PieceAccount

NIGHT = dt.datetime(2026, 11, 22, 23, tzinfo=dt.UTC)
EXAMPLES = load_files(SHIPPED, None).examples
Row = Mapping[str, object]


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
