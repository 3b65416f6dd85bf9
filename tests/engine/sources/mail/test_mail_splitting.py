"""Where one message of an mbox ends and the next begins."""

from __future__ import annotations

import io

import pytest

from tocsin.engine.sources.mail.splitting import MOST_BYTES, pieces

BEGIN = b"From a@example.net Sun Nov 22 05:12:01 2026\n"


def found(data: bytes) -> list[tuple[bytes | None, int]]:
    return [(piece.data, piece.lines) for piece in pieces(io.BytesIO(data))]


def test_messages_are_told_apart_and_their_lines_are_counted() -> None:
    two = BEGIN + b"A: 1\n\nx\n\n" + BEGIN + b"A: 2\n\ny\n"
    assert found(two) == [(b"A: 1\n\nx\n", 5), (b"A: 2\n\ny\n", 4)]


def test_lines_may_end_as_windows_ends_them() -> None:
    two = (BEGIN + b"A: 1\n\nx\n\n" + BEGIN + b"A: 2\n\ny\n").replace(b"\n", b"\r\n")
    assert [data for data, _ in found(two)] == [b"A: 1\r\n\r\nx\r\n", b"A: 2\r\n\r\ny\r\n"]


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (b"From now on it is 2026", b"From now on it is 2026"),
        (b">From a@example.net Sun Nov 22 05:12:01 2026", BEGIN.rstrip()),
        (b">>From x", b">From x"),
        (b">quoted", b">quoted"),
    ],
)
def test_lines_within_a_message_do_not_end_it(line: bytes, read: bytes) -> None:
    assert found(BEGIN + b"A: 1\n\n" + line + b"\n") == [(b"A: 1\n\n" + read + b"\n", 4)]


def test_a_beginning_counts_only_after_an_empty_line() -> None:
    assert len(found(BEGIN + b"A: 1\n\nx\n" + BEGIN)) == 1


def test_what_is_no_mbox_is_one_message() -> None:
    assert found(b"\xef\xbb\xbfA: 1\n\nx\n\n" + BEGIN) == [(b"A: 1\n\nx\n\n" + BEGIN, 1)]
    assert found(b"") == []


def test_a_message_that_is_too_long_does_not_hide_the_next() -> None:
    long = BEGIN + b"A: 1\n\n" + b"x" * (MOST_BYTES + 10) + b"\n\n"
    assert found(long + BEGIN + b"A: 2\n")[0] == (None, 5)
    assert found(long + BEGIN + b"A: 2\n")[1] == (b"A: 2\n", 2)
    assert found(b"A: 1\n\n" + b"x" * MOST_BYTES) == [(None, 1)]
