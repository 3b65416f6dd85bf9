"""Ranges of addresses as prefixes."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.address import Network, parse_address


def read_range(first: str, last: str) -> tuple[int, int]:
    """A range from its two ends, both of one family; ValueError says what is wrong with it."""
    begin, end = parse_address(first), parse_address(last)
    if (":" in first) != (":" in last):
        raise ValueError(f"{first} to {last} begins in one family and ends in the other")
    if end < begin:
        raise ValueError(f"{first} to {last} ends before it begins")
    return begin, end


def prefixes_of(first: int, last: int) -> Iterator[Network]:
    """The fewest prefixes that together are the range, both ends included, in order.

    The ends are 128 bits wide, as everywhere; a range of IPv4 gives prefixes of IPv4.
    """
    while first <= last:
        # As wide as the first address is aligned, but not beyond the last one.
        aligned = (first & -first).bit_length() - 1 if first else 128
        fitting = (last - first + 1).bit_length() - 1
        bits = min(aligned, fitting)
        yield Network(first, 128 - bits)
        first += 1 << bits
