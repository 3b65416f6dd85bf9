"""Compiled loops give what the plain code beside them gives."""

from __future__ import annotations

import hashlib
import ipaddress

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.engine.kernels.addresses import read_addresses
from tocsin.engine.kernels.blake2b import digests
from tocsin.engine.kernels.lines import count_lines, find_lines
from tocsin.engine.kernels.texts import text_array
from tocsin.engine.nightly import coded as coded_module
from tocsin.engine.nightly.coded import Coded, lines_by_arrow, lines_of
from tocsin.model.address import parse_address

_COMPILED_FIRST = settings(deadline=None)
"""The first example waits until its loop is compiled, or read from disk."""

_LINES = st.lists(st.sampled_from([b"", b" ", b"\t\x0b", b"a", b"{}\r", b"\r", b"x y", b"\xff"]))
_BLOCKS = st.builds(
    lambda lines, end: b"\n".join(lines) + end, _LINES, st.sampled_from([b"", b"\n"])
)
_V4 = st.builds(lambda value: str(ipaddress.IPv4Address(value)), st.integers(0, (1 << 32) - 1))
_V6 = st.builds(
    lambda value, mask: str(ipaddress.IPv6Address(value & mask)),
    st.integers(0, (1 << 128) - 1),
    st.sampled_from([(1 << 128) - 1, 0xFFFF, ((1 << 64) - 1) << 64, 0xFFFF << 48, 0]),
)
_NEARLY = st.lists(
    st.sampled_from(["1", "ab", ":", "::", "fFff", "0", "12345", "g", ".", "255", "256", "01", " "])
).map("".join)
_TEXTS = st.lists(st.one_of(st.none(), _V4, _V6, _NEARLY))


@_COMPILED_FIRST
@given(data=_BLOCKS)
def test_lines_are_those_of_splitting(data: bytes) -> None:
    begins, ends, blank = find_lines(data)
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    plain = [line.removesuffix(b"\r") for line in lines]
    bounds = zip(begins.tolist(), ends.tolist(), strict=True)
    assert [data[begin:end] for begin, end in bounds] == plain
    assert blank.tolist() == [not line or line.isspace() for line in plain]
    assert count_lines(data) >= len(plain)


@_COMPILED_FIRST
@given(
    records=st.lists(st.binary(max_size=400)),
    prefix=st.binary(max_size=200),
    suffix=st.binary(max_size=3),
    person=st.sampled_from([b"", b"tocsin-testing-1"]),
)
@example([b"", b"x" * 127, b"x" * 128, b"x" * 129, b"x" * 256], b"", b"", b"")
@example([b"x" * (number * 97 % 600) for number in range(40)], b"before", b"after", b"")
def test_digests_are_blake2b(
    records: list[bytes], prefix: bytes, suffix: bytes, person: bytes
) -> None:
    bounds = np.cumsum([0, *map(len, records)]).astype(np.uint64)
    data = np.frombuffer(b"".join(records), np.uint8)
    found = digests(data, bounds[:-1], bounds[1:], prefix, suffix, person=person)
    assert [row.tobytes() for row in found] == [
        hashlib.blake2b(prefix + record + suffix, digest_size=16, person=person).digest()
        for record in records
    ]


@_COMPILED_FIRST
@given(texts=_TEXTS, skipped=st.integers(0, 3))
@example(
    texts=["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::8", "::", ":", "1:"], skipped=0
)
def test_an_address_is_read_as_the_single_reader_reads_it(
    texts: list[str | None], skipped: int
) -> None:
    column = pa.array(texts, pa.string()).slice(skipped)
    addresses, read = read_addresses(column)
    for text, value, was_read in zip(texts[skipped:], addresses.to_ints(), read, strict=True):
        if was_read:
            assert value == parse_address(text or "")
        else:
            assert text is None or ("." in text and ":" in text) or not _is_address(text)


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True


@_COMPILED_FIRST
@given(
    data=st.text(alphabet="abc", min_size=1, max_size=50),
    places=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.booleans())),
)
def test_texts_are_cut_out_of_the_bytes(data: str, places: list[tuple[int, int, bool]]) -> None:
    spans = [(min(a, b, len(data)), min(max(a, b), len(data)), gone) for a, b, gone in places]
    first = np.array([span[0] for span in spans], np.int32)
    last = np.array([span[1] for span in spans], np.int32)
    absent = np.array([span[2] for span in spans], np.bool_)
    rows = np.arange(len(spans))[::-1].astype(np.uint64)
    found = text_array(np.frombuffer(data.encode(), np.uint8), first, last, absent, rows)
    found.validate(full=True)
    assert found.to_pylist() == [
        None if gone else data[begin:end] for begin, end, gone in reversed(spans)
    ]


_CELLS = st.lists(
    st.tuples(
        st.lists(st.text(max_size=40), max_size=4),
        st.booleans(),
        st.sampled_from(["", ",", "\n"]),
    ),
    min_size=1,
    max_size=5,
)


@_COMPILED_FIRST
@given(said=_CELLS, rows=st.integers(1, 7), seed=st.integers(0, 99))
@example([(["", "x" * 15, "y" * 16, "z" * 17, "\u00e9" * 16], True, ",")], 9, 1)
def test_cells_are_joined_to_lines_as_arrow_joins_them(
    said: list[tuple[list[str], bool, str]], rows: int, seed: int
) -> None:
    dice = np.random.default_rng(seed)
    columns = [
        Coded(
            dice.integers(-1, len(texts), rows).astype(np.int32),
            pa.array(texts, pa.large_string()),
            quoted,
            end,
        )
        for texts, quoted, end in said
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coded_module, "COMPILED_FROM", 0)
        compiled = lines_of(columns, rows).texts()
    compiled.validate(full=True)
    assert compiled.to_pylist() == lines_by_arrow(columns).to_pylist()
