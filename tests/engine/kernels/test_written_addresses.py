"""Which addresses need not be written anew is seen as they are read."""

from __future__ import annotations

import ipaddress

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.engine.kernels.addresses import read_written
from tocsin.model.address import address_texts

GROUPS = st.sampled_from(["0", "1", "0", "ab", "ffff", "0a", "FF", "0", "10", "00"])
WRITTEN = st.one_of(
    st.lists(GROUPS, min_size=8, max_size=8).map(":".join),
    st.builds(
        lambda head, tail: f"{':'.join(head)}::{':'.join(tail)}",
        st.lists(GROUPS, max_size=4),
        st.lists(GROUPS, max_size=4),
    ),
)


@settings(deadline=None, max_examples=cases(166))
@given(texts=st.lists(WRITTEN, min_size=1))
@example(
    texts=["2001:db8::1", "2001:db8::", "1::2:0:0:3", "1:0:0:2::3", "0:0:0:1::", "::1", "192.0.2.1"]
)
def test_what_is_taken_for_ours_is_written_as_we_write_it(texts: list[str]) -> None:
    found, read, ours = read_written(pa.array(texts, pa.string()))
    for text, written, is_read, is_ours in zip(
        texts, address_texts(found), read, ours, strict=True
    ):
        if is_ours:
            assert text == written
        elif is_read:
            assert text != written or text.startswith("::")


def test_addresses_as_the_standard_library_writes_them_are_ours() -> None:
    texts = [
        str(ipaddress.IPv6Address((0x2001 << 112) | (n * 0x1_0000_0001_0001))) for n in range(999)
    ]
    assert read_written(pa.array(texts))[2].all()
