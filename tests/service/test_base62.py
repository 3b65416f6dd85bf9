"""Letters and digits of a digest, against the plainest way to make them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.service.secret import in_base62

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@given(st.binary(max_size=64), st.integers(0, 60))
def test_it_is_the_number_in_base_62_its_last_digits_first(digest: bytes, length: int) -> None:
    number, plain = int.from_bytes(digest, "big"), ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        plain += LETTERS[digit]
    assert in_base62(digest, length) == plain
