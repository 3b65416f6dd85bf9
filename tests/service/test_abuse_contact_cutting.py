"""What is left of a prefix without what others answer for, against counting addresses."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.address import Network as Prefix
from tocsin.model.address import parse_network
from tocsin.service.subscribers.abuse_contacts.cutting import cut, spanned

BASE = parse_network("192.0.2.0/24").first


@st.composite
def prefixes(draw: st.DrawFn) -> Prefix:
    length = draw(st.integers(120, 128))
    offset = draw(st.integers(0, 255)) >> (128 - length) << (128 - length)
    return Prefix(BASE + offset, length)


def addresses(prefix: Prefix) -> set[int]:
    return set(range(prefix.first, prefix.last + 1))


@given(st.sets(prefixes(), max_size=8), st.sets(prefixes(), max_size=5))
def test_each_address_is_left_to_the_most_specific_that_is_not_taken(
    own: set[Prefix], taken: set[Prefix]
) -> None:
    left = cut(own, taken)
    assert set(left) == own
    for prefix in own:
        expected = addresses(prefix)
        for other in taken:
            expected -= addresses(other)
        for other in own:
            if other != prefix and prefix.covers(other):
                expected -= addresses(other)
        pieces = [each for piece in left[prefix] for each in addresses(piece)]
        assert sorted(pieces) == sorted(expected)


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_a_span_is_the_fewest_prefixes(begin: int, end: int) -> None:
    pieces = list(spanned(begin, end))
    assert [each for piece in pieces for each in sorted(addresses(piece))] == list(
        range(begin, end)
    )
    assert all(
        each.first % (1 << (129 - each.length)) or each.length != after.length
        for each, after in pairwise(pieces)
    )
