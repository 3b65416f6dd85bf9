"""Ranges of addresses, beside sets of single addresses."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.address import V4_OFFSET, address_text
from tocsin.service.subscribers.abuse_contacts.reading.ranges import (
    Span,
    lies_in,
    merged,
    prefixes_in,
    prefixes_of,
)

BEGIN = (192 << 24 | 2 << 8) | V4_OFFSET
SPANS = st.lists(
    st.tuples(st.integers(0, 255), st.integers(0, 255)).map(
        lambda ends: (BEGIN + min(ends), BEGIN + max(ends))
    ),
    max_size=4,
)


def addresses(spans: tuple[Span, ...] | list[Span]) -> set[int]:
    return {each for first, last in spans for each in range(first, last + 1)}


@given(SPANS)
def test_merged_spans_are_the_same_addresses_and_do_not_touch(spans: list[Span]) -> None:
    whole = merged(spans)
    assert addresses(whole) == addresses(spans)
    assert all(one[1] + 1 < other[0] for one, other in pairwise(whole))


@given(SPANS, SPANS)
def test_spans_lie_in_others_if_all_their_addresses_do(one: list[Span], other: list[Span]) -> None:
    assert lies_in(merged(one), merged(other)) == (addresses(one) <= addresses(other))


@given(SPANS.filter(bool))
def test_the_prefixes_of_spans_are_their_addresses_each_once(spans: list[Span]) -> None:
    prefixes = prefixes_in(merged(spans), "")
    every = [each for one in prefixes for each in range(one.first, one.last + 1)]
    assert len(every) == len(set(every))
    assert set(every) == addresses(spans)


@given(st.integers(0, 255), st.integers(0, 255))
def test_a_range_in_words_is_its_prefixes_or_told(one: int, other: int) -> None:
    said = f"{address_text(BEGIN + one)} - {address_text(BEGIN + other)}"
    if other < one:
        with pytest.raises(ValueError, match="ends before it begins"):
            prefixes_of(said)
    else:
        assert prefixes_of(said) == prefixes_in([(BEGIN + one, BEGIN + other)], said)
