"""One type of address, 128 bits wide; IPv4 lives in ::ffff:0:0/96.

A single address is an `int`, a network a `Network`; a column of addresses is `Addresses`, two
arrays of 64 bits. Text is RFC 5952, mapped IPv4 as dotted quads.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

V4_OFFSET = 0xFFFF << 32
V4_BITS = 96
MASK_64 = (1 << 64) - 1
ALL_ONES = (1 << 128) - 1

UInt64s = NDArray[np.uint64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Network(NamedTuple):
    """A prefix: its first address, and its length counted in 128 bits (192.0.2.0/24 has 120)."""

    first: int
    length: int

    @property
    def last(self) -> int:
        """The last address of the prefix."""
        return self.first | (ALL_ONES >> self.length)

    @property
    def is_v4(self) -> bool:
        """Whether it lies within the mapped IPv4 space."""
        return self.length >= V4_BITS and self.first >> 32 == 0xFFFF

    def covers(self, other: Network) -> bool:
        """Whether every address of `other` is one of ours."""
        return self.length <= other.length and self.first <= other.first <= self.last

    def overlaps(self, other: Network) -> bool:
        """Whether the two share an address (then one covers the other)."""
        return self.covers(other) or other.covers(self)

    def __str__(self) -> str:
        length = self.length - V4_BITS if self.is_v4 else self.length
        return f"{address_text(self.first)}/{length}"


def parse_address(text: str) -> int:
    """Read one address, IPv4 or IPv6; ValueError says what is wrong with it.

    Octets with leading zeros and zone identifiers are refused: both read differently in
    different programs. `::ffff:192.0.2.1` and `192.0.2.1` are the same address.
    """
    try:
        if ":" in text:
            return int.from_bytes(socket.inet_pton(socket.AF_INET6, text), "big")
        return int.from_bytes(socket.inet_pton(socket.AF_INET, text), "big") | V4_OFFSET
    except (OSError, UnicodeError, ValueError):
        raise ValueError(f"{text!r} is not an IP address") from None


def address_text(value: int) -> str:
    """Write one address: dotted quad for IPv4, RFC 5952 for IPv6."""
    if value >> 32 == 0xFFFF:
        return socket.inet_ntoa((value & 0xFFFFFFFF).to_bytes(4, "big"))
    if value >> 32:
        return socket.inet_ntop(socket.AF_INET6, value.to_bytes(16, "big"))
    # The C library writes the last 32 bits of these as if they were IPv4.
    return ipaddress.IPv6Address(value).compressed


def parse_network(text: str) -> Network:
    """Read a prefix or a single address; ValueError also when host bits are set."""
    address, slash, length_text = text.partition("/")
    first = parse_address(address)
    offset = 0 if ":" in address else V4_BITS
    if not slash:
        return Network(first, 128)
    # isdecimal() would take other scripts' digits; int() would take signs and blanks.
    if not (length_text.isascii() and length_text.isdigit()) or len(length_text) > 3:
        raise ValueError(f"{text!r} has no usable prefix length")
    length = int(length_text) + offset
    if length > 128:
        raise ValueError(f"{text!r} has a prefix length that is too long")
    network = Network(first, length)
    if first & (ALL_ONES >> length):
        kept = Network(first & ~(ALL_ONES >> length), length)
        raise ValueError(f"{text!r} has bits set behind its length; {kept} was meant?")
    return network


@dataclass(frozen=True, slots=True)
class Addresses:
    """A column of addresses: the upper and lower 64 bits, same shape `(n,)`."""

    hi: UInt64s
    lo: UInt64s

    def __len__(self) -> int:
        return len(self.hi)

    @classmethod
    def from_ints(cls, values: Iterable[int]) -> Addresses:
        """Split 128-bit integers into the two halves."""
        wide = list(values)
        hi = np.fromiter((value >> 64 for value in wide), np.uint64, len(wide))
        lo = np.fromiter((value & MASK_64 for value in wide), np.uint64, len(wide))
        return cls(hi, lo)

    def to_ints(self) -> list[int]:
        """The column as Python integers."""
        return [(hi << 64) | lo for hi, lo in zip(self.hi.tolist(), self.lo.tolist(), strict=True)]

    def take(self, where: Ints | Flags) -> Addresses:
        """The rows that an index or a mask names."""
        return Addresses(self.hi[where], self.lo[where])

    @property
    def is_v4(self) -> Flags:
        """Which rows lie within the mapped IPv4 space."""
        mapped: Flags = (self.hi == np.uint64(0)) & (
            (self.lo >> np.uint64(32)) == np.uint64(0xFFFF)
        )
        return mapped

    def within(self, network: Network) -> Flags:
        """Which rows lie in a network."""
        mask = ALL_ONES & ~(ALL_ONES >> network.length)
        hi_mask, lo_mask = np.uint64(mask >> 64), np.uint64(mask & MASK_64)
        hi, lo = np.uint64(network.first >> 64), np.uint64(network.first & MASK_64)
        inside: Flags = ((self.hi & hi_mask) == hi) & ((self.lo & lo_mask) == lo)
        return inside

    def v4(self) -> NDArray[np.uint32]:
        """The lower 32 bits, meaningful where `is_v4`."""
        return (self.lo & np.uint64(0xFFFFFFFF)).astype(np.uint32)

    def keys(self) -> NDArray[np.bytes_]:
        """Sixteen big-endian bytes a row: they sort and search as the addresses do."""
        wide = np.empty((len(self), 2), dtype=">u8")
        wide[:, 0] = self.hi
        wide[:, 1] = self.lo
        return wide.view("S16").reshape(len(self))


def address_texts(addresses: Addresses) -> list[str]:
    """`address_text` for a column."""
    return [
        _text(hi, lo) for hi, lo in zip(addresses.hi.tolist(), addresses.lo.tolist(), strict=True)
    ]


def _text(hi: int, lo: int) -> str:
    if not hi:  # what the system writes with dots here, RFC 5952 writes so for mapped IPv4 alone
        return address_text(lo)
    return socket.inet_ntop(socket.AF_INET6, struct.pack(">QQ", hi, lo))


def last_at_or_before(starts: Addresses, points: Addresses) -> Ints:
    """For each point the index of the last start that is not behind it, -1 if there is none.

    `starts` must be sorted ascending.
    """
    found: Ints = np.searchsorted(starts.keys(), points.keys(), side="right") - 1
    return found
