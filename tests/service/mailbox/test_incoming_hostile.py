"""Messages that are made to break a reader end with a reason, in little time."""

from __future__ import annotations

import io
import time
import zipfile
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.service.mailbox.post import COMPLETE, REQUESTS, Post, mail

from tocsin.service.mailbox.header_facts import read_header
from tocsin.service.mailbox.parsing import Malformed, defects_of, parse
from tocsin.service.mailbox.store import Envelope

HEAD = b"From: Ada <ada@example.org>\nTo: request_report@tocsin.example.org\nMIME-Version: 1.0\n"


def nested(depth: int) -> bytes:
    return b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (each, each)
        for each in range(depth)
    )


BREAKERS = {
    "nested": HEAD + nested(5000) + b"\nx",
    "forwarded": HEAD + b"Content-Type: message/rfc822\n\n" * 5000 + b"\nx",
    "parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 5000,
    "lines": HEAD + b"\n" + b"x\n" * 500_000,
    "endless_header": HEAD + b"Subject: " + b"(" * 9_000_000,
    "many_fields": HEAD + b"X: y\n" * 40_000 + b"\nx",
    "few_large_fields": HEAD + b"X: y\n" * 1200 + b"\nx",
}


@pytest.mark.parametrize("name", BREAKERS)
def test_what_is_made_to_break_a_reader_is_refused(name: str, post: Post) -> None:
    message = post.deliver(BREAKERS[name])
    assert (message.state, message.reason) == ("refused", "malformed"), message.explanation
    assert message.explanation
    assert message.from_address == "ada@example.org"


def test_the_worst_that_is_let_in_takes_seconds() -> None:
    begun = time.monotonic()
    parse(HEAD + nested(95) + b"\n" + b"x\n" * 100_000)
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("value", [b"(" * 7000 + b" a@b.org", b"a:" * 3900 + b" a@b.org"])
@pytest.mark.parametrize("name", [b"From", b"To", b"Cc", b"Delivered-To"])
def test_comments_in_comments_are_no_reason_to_give_a_message_back_for_ever(
    name: bytes, value: bytes, post: Post
) -> None:
    message = post.deliver(name + b": " + value + b"\n" + mail(COMPLETE))
    assert message.state in ("taken", "refused")
    assert message.from_address == "ada@example.org"


DEEP = b"(" * 7000
FIELDS = {
    "results": (b"Authentication-Results", DEEP, "taken"),
    "results_closed": (
        b"Authentication-Results",
        b"mx; spf=pass " + b"(" * 900 + b"x" + b")" * 900 + b" smtp.mailfrom=a@example.org",
        "taken",
    ),
    "signature": (b"DKIM-Signature", DEEP, "taken"),
    "encoding": (b"Content-Transfer-Encoding", DEEP, "refused"),
    "type": (b"Content-Type", b"text/plain; " + DEEP, "refused"),
    "parameters": (
        b"Content-Disposition",
        b"attachment; filename*=utf-8''" + b"%ff" * 2000,
        "taken",
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_fields_that_are_deep_within_themselves_end_a_message_soon(name: str, post: Post) -> None:
    field, value, state = FIELDS[name]
    begun = time.monotonic()
    message = post.deliver(HEAD + field + b": " + value + b"\n\n" + COMPLETE.encode())
    assert message.state == state, message.explanation
    assert time.monotonic() - begun < 15


def test_a_message_without_a_header_is_refused(post: Post) -> None:
    for raw in (b"", b"\n\nhello", b"hello", b"\x00" * 1000, b"\xff\xfe"):
        assert post.deliver(raw).state == "refused"


def test_defects_are_kept_as_evidence(post: Post) -> None:
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + COMPLETE.encode()
    message = post.deliver(raw)
    assert message.state == "taken"
    assert message.evidence["defects"] == ["CloseBoundaryNotFoundDefect"]
    assert defects_of(parse(mail("x"))) == ()


def test_what_no_database_takes_is_made_harmless(post: Post) -> None:
    odd = b"\x00\xff\xed\xa0\x80\x1b[31m\xe2\x80\xae"
    raw = (
        b"From: A" + odd + b" <ada@example.org>\nSubject: S" + odd + b"\nX" + odd + b": " + odd
        + b"\nMessage-ID: <" + odd + b"@example.org>\nTo: request_report@tocsin.example.org\n"
        + b"DKIM-Signature: d=" + odd + b"; s=" + odd + b"\n"
        + b"Authentication-Results: " + odd + b"; spf=" + odd + b"\n\n" + COMPLETE.encode()
    )  # fmt: skip
    message = post.deliver(raw, Envelope("x" + odd.decode("latin-1"), (REQUESTS,)))
    assert message.state == "taken"
    assert message.message_id == ""
    told = f"{message.subject} {message.sender} {message.evidence}"
    assert not set(told) & set("\x00\x1b\u202e\n")
    post.desk.letters_to("ada@example.org")


def test_an_archive_is_never_opened(post: Post) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("networks.txt", b"0" * 50_000_000)
    raw = (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + COMPLETE.encode()
        + b"\n--b\nContent-Type: application/zip\nContent-Transfer-Encoding: 8bit\n\n"
        + packed.getvalue() + b"\n--b--\n"
    )  # fmt: skip
    begun = time.monotonic()
    assert post.deliver(raw).reason == "new_request"
    assert time.monotonic() - begun < 30


@given(st.binary(max_size=3000))
@settings(max_examples=cases(100), deadline=None, suppress_health_check=list(HealthCheck))
def test_no_bytes_break_the_reading_of_headers_and_parts(raw: bytes) -> None:
    for each in (raw, b"From: " + raw, HEAD + b"\n" + raw, b"Subject: =?utf-8?b?" + raw):
        facts = read_header(each)
        assert "\n" not in facts.subject + facts.message_id + "".join(facts.answers)
        with suppress(Malformed):
            defects_of(parse(each))
