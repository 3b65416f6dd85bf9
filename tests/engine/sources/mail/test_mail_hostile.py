"""Messages that are made to do harm: each is one row, or one rejected row, in bounded time."""

from __future__ import annotations

import base64
import gzip
import io
import json
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.engine.sources.mail.dmarc import dmarc_lines
from tocsin.engine.sources.mail.messages import mail_lines
from tocsin.engine.sources.mail.reports import arf_lines

HEAD = (
    b"Received: from x (y [192.0.2.11]) by mx1; Sun, 22 Nov 2026 05:12:01 +0000\n"
    b"From: a@example.net\n"
)
BOUND = 30
"""Seconds, on a laden machine."""


def rows(data: bytes) -> list[bytes]:
    return [line for line in b"".join(mail_lines(io.BytesIO(data))).split(b"\n") if line]


def packed(kind: bytes, data: bytes) -> bytes:
    code = b"\nContent-Transfer-Encoding: base64\n\n"
    return HEAD + b"Content-Type: application/" + kind + code + base64.encodebytes(data)


def zipped(data: bytes, name: str = "report.xml") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return stream.getvalue()


NEST = b"".join(
    b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(3000)
)
TOO_MUCH = {
    "nested parts": (HEAD + NEST, "more than 100 parts"),
    "many parts": (
        HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 100_000,
        "more than 100 parts",
    ),
    "a long message": (HEAD + b"\n" + b"A" * (100 << 20), "longer than 16777216 bytes"),
    "many lines": (HEAD + b"\n" * 2_000_000, "more than 400000 lines"),
    "no headers": (b"\n:\n" + HEAD, "does not begin with headers"),
}


@pytest.mark.parametrize("name", sorted(TOO_MUCH))
def test_what_is_beyond_the_bounds_is_one_row_that_says_so(name: str) -> None:
    data, why = TOO_MUCH[name]
    begin = time.monotonic()
    (row,) = rows(data)
    assert row.startswith(b"!")
    assert why in row.decode()
    assert time.monotonic() - begin < BOUND


@pytest.mark.parametrize("name", ["Subject", "To", "From", "Content-Type", "Received", "Date"])
@pytest.mark.parametrize(
    "fill", ["a", "(", "a@b.c, ", "=?utf-8?q?a?= ", '"', "\\", ";a=b", "[::1] "]
)
def test_a_header_of_a_megabyte_costs_little(name: str, fill: str) -> None:
    text = HEAD + f"{name}: {fill * (1_000_000 // len(fill))}\n\nhttp://192.0.2.9/x\n".encode()
    begin = time.monotonic()
    (row,) = rows(text)
    assert json.loads(row)["hops"][0]["address"] == "192.0.2.11"
    assert len(row) < 20_000
    assert time.monotonic() - begin < BOUND


@pytest.mark.parametrize(
    "fill",
    ["<a ", "<", "&#", '<a href="', "http://", "a@", "<http://", "http://192.0.2.9/%25%32%35 "],
)
@pytest.mark.parametrize("kind", [b"html", b"plain"])
def test_a_text_of_fragments_costs_little(kind: bytes, fill: str) -> None:
    data = HEAD + b"Content-Type: text/" + kind + b"\n\n" + fill.encode() * (1_000_000 // len(fill))
    begin = time.monotonic()
    assert len(rows(data)) == 1
    assert time.monotonic() - begin < BOUND


@pytest.mark.parametrize(
    "charset", ["idna", "punycode", "zlib_codec", "nonsense", "\x00", "utf-16"]
)
def test_an_odd_charset_hinders_nothing(charset: str) -> None:
    data = HEAD + f'Content-Type: text/plain; charset="{charset}"\n\nhttp://192.0.2.9/x'.encode()
    assert json.loads(rows(data)[0])["hops"]


def test_of_many_links_those_with_addresses_are_kept_and_the_rest_is_counted() -> None:
    names = " ".join(f"http://shop{number}.example.com/" for number in range(500))
    row = json.loads(rows(HEAD + f"\n{names} http://192.0.2.9/x".encode())[0])
    assert (len(row["urls"]), row["urls_left_out"]) == (80, 421)
    assert row["urls"][0]["address"] == "192.0.2.9"


def test_headers_that_come_twice_are_read_once() -> None:
    twice = b"Subject: first\nSubject: second\nContent-Type: text/plain\nContent-Type: text/html\n"
    row = json.loads(rows(HEAD + twice + b"\nx")[0])
    assert row["subject"] == "first"


def test_zeros_and_bytes_that_are_no_text_go_through() -> None:
    data = HEAD + b"Subject: a\0b \xff\xfe\n\nhttp://192.0.2.9/\0\xff\n"
    row = json.loads(rows(data)[0])
    assert "\0" not in row["subject"]
    assert row["urls"][0]["address"] == "192.0.2.9"


@settings(max_examples=cases(66), deadline=None)
@given(st.binary(max_size=400), st.sampled_from([mail_lines, arf_lines, dmarc_lines]))
def test_any_bytes_are_rows_or_refused(data: bytes, lines: object) -> None:
    for begin in (b"", HEAD, b"From a Sun Nov 22 05:12:01 2026\n" + HEAD, b"<feedback>"):
        try:
            read = b"".join(lines(io.BytesIO(begin + data)))  # type: ignore[operator]
        except ValueError:
            continue
        for row in read.split(b"\n"):
            assert not row or row.startswith(b"!") or isinstance(json.loads(row), dict)


BOMBS = {
    "zip": packed(b"zip", zipped(b"<feedback>" + b" " * (200 << 20))),
    "gzip": packed(b"gzip", gzip.compress(b"<feedback>" + b"<a>" * 10_000_000)),
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><feedback><record>&a;</record></feedback>',
    "a long tag": b'<feedback a="' + b"x" * (20 << 20),
    "nothing but text": b"<feedback><record>" + b"x" * (140 << 20),
    "cut": packed(b"gzip", gzip.compress(b"<feedback></feedback>" * 50)[:-20]),
    "damaged": packed(b"zip", zipped(b"<feedback/>")[:40]),
    "no XML within": packed(b"zip", zipped(b"x", "x.exe")),
    "another document": b"<html><body/></html>",
    "no report": HEAD + b"\nHello",
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_report_that_is_none_is_one_row_that_says_why(name: str) -> None:
    begin = time.monotonic()
    read = [row for row in b"".join(dmarc_lines(io.BytesIO(BOMBS[name]))).split(b"\n") if row]
    assert len(read) == 1
    assert read[0].startswith(b"!")
    assert time.monotonic() - begin < BOUND
