"""Which bytes a header asks for, against a naive oracle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.service.delivery.byte_range import ByteRange, Unsatisfiable, byte_range

CONTENT = bytes(range(100))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=-1", (99, 100)),
        ("bytes=-1000", (0, 100)),
        ("Bytes = 5-6", (5, 7)),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes=1-2,4-5", None),
        ("bytes=a-b", None),
        ("items=1-2", None),
        ("bytes=\u0661-\u0662", None),
        (f"bytes=0-{'9' * 25}", None),
        ("", None),
    ],
)
def test_a_header_asks_for(asked: str, found: tuple[int, int] | None) -> None:
    assert byte_range(asked, 100) == (ByteRange(*found) if found else None)


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_what_lies_behind_the_end_is_told(asked: str) -> None:
    with pytest.raises(Unsatisfiable):
        byte_range(asked, 100)


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=0-0", "bytes=-5"])
def test_an_empty_file_has_no_byte(asked: str) -> None:
    with pytest.raises(Unsatisfiable):
        byte_range(asked, 0)


@given(st.integers(0, 120), st.integers(0, 120) | st.none())
def test_it_is_the_slice_that_python_makes(first: int, last: int | None) -> None:
    wanted = CONTENT[first:] if last is None else CONTENT[first : last + 1]
    try:
        found = byte_range(f"bytes={first}-{'' if last is None else last}", len(CONTENT))
    except Unsatisfiable:
        assert wanted == b""
        return
    if found is None:
        assert last is not None
        assert last < first
    else:
        assert CONTENT[found.first : found.end] == wanted


@given(st.integers(1, 200))
def test_the_last_bytes_are_the_last_bytes(length: int) -> None:
    found = byte_range(f"bytes=-{length}", len(CONTENT))
    assert found is not None
    assert CONTENT[found.first : found.end] == CONTENT[-length:]
