"""What sensors of the web may write that is odd, hostile or secret, and what becomes of it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from tests.fakes.kept_text import kept_text
from tests.fakes.small_home import SmallHome
from tests.fakes.web_sensors import (
    EXAMPLES,
    EXPECTED,
    Row,
    first_row,
    kept_rows,
    take,
    take_rows,
)


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


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
        {"url": f"https://someone:at@{SECRET}@webmail.example.org/"},
        {"url": f"someone:at@{SECRET}"},
        {"url": f"{SECRET}@webmail.example.org"},
        {"url": f"https://someone:{SECRET}/x@webmail.example.org/"},
        {"time": "never", "password": SECRET},
        {"time": "2020-01-01", "password": SECRET},
        {"email": "someone@-.example", "password": SECRET},
    ],
)
def test_of_a_stolen_password_nothing_is_kept_anywhere(small: SmallHome, row: Row) -> None:
    take_rows(small, "leaked-credentials", first_row("leaked-credentials") | dict(row))
    assert SECRET.lower() not in kept_text(small).lower()


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
