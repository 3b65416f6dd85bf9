"""Small dumps in MRT form (RFC 6396), written from the specification."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

SET, SEQUENCE, CONFED_SEQUENCE = 1, 2, 3
MADE = 1_795_305_600  # 2026-11-22T00:00:00Z

Path = Sequence[tuple[int, Sequence[int]]]


@dataclass(frozen=True)
class Entry:
    """What one peer says of a prefix. path_number: only where entries have one."""

    peer: int
    path: Path
    next_hop: str = "192.0.2.1"
    path_number: int = 0


@dataclass(frozen=True)
class Prefix:
    """A prefix of the table and what its peers say of it."""

    prefix: str
    entries: Sequence[Entry] = field(default_factory=tuple)


def sequence(*numbers: int) -> Path:
    """A path that is one sequence."""
    return ((SEQUENCE, numbers),)


def record(kind: int, subtype: int, body: bytes) -> bytes:
    """A record with its header."""
    return struct.pack(">IHHI", MADE, kind, subtype, len(body)) + body


def peers(*numbers: int) -> bytes:
    """The table of peers, with their AS numbers."""
    body = b"\x00\x00\x00\x01" + struct.pack(">H", 4) + b"test" + struct.pack(">H", len(numbers))
    for number in numbers:
        body += b"\x02" + b"\x00\x00\x00\x01" + b"\xc0\x00\x02\x01" + struct.pack(">I", number)
    return record(13, 1, body)


def attribute(kind: int, value: bytes, *, extended: bool = False) -> bytes:
    """A path attribute."""
    if extended or len(value) > 255:
        return struct.pack(">BBH", 0x50, kind, len(value)) + value
    return struct.pack(">BBB", 0x40, kind, len(value)) + value


def path_value(path: Path, octets: int = 4) -> bytes:
    """An AS path with numbers of two or four octets."""
    letter = "I" if octets == 4 else "H"
    return b"".join(
        struct.pack(f">BB{len(numbers)}{letter}", kind, len(numbers), *numbers)
        for kind, numbers in path
    )


def _attributes(entry: Entry) -> bytes:
    hop = ip_address(entry.next_hop)
    reach = (
        attribute(3, hop.packed)
        if hop.version == 4
        else attribute(14, bytes([len(hop.packed)]) + hop.packed)
    )
    return (
        attribute(1, b"\x00")
        + attribute(2, path_value(entry.path), extended=entry.peer % 2 == 1)
        + reach
        + attribute(8, struct.pack(">HH", 64511, 1))
    )


def rib(said: Prefix, *, numbered: bool = False, host_bits: int = 0) -> bytes:
    """A record of TABLE_DUMP_V2 for one prefix; `numbered`: with path numbers (RFC 8050)."""
    network = ip_network(said.prefix)
    octets = (network.prefixlen + 7) // 8
    packed = bytearray(network.network_address.packed[:octets])
    if octets and host_bits:
        packed[-1] |= host_bits
    body = struct.pack(">IB", 0, network.prefixlen) + bytes(packed)
    body += struct.pack(">H", len(said.entries))
    for entry in said.entries:
        attributes = _attributes(entry)
        body += struct.pack(">HI", entry.peer, MADE)
        if numbered:
            body += struct.pack(">I", entry.path_number)
        body += struct.pack(">H", len(attributes)) + attributes
    plain = 2 if network.version == 4 else 4
    return record(13, plain + 6 if numbered else plain, body)


def old_rib(prefix: str, peer_as: int, path: Path, new_path: Path = ()) -> bytes:
    """A record of TABLE_DUMP: one prefix as one peer sees it, with short AS numbers."""
    network = ip_network(prefix)
    attributes = attribute(1, b"\x00") + attribute(2, path_value(path, octets=2))
    if new_path:
        attributes += attribute(17, path_value(new_path))
    body = struct.pack(">HH", 0, 0) + network.network_address.packed
    body += struct.pack(">BBI", network.prefixlen, 1, MADE)
    body += ip_address("192.0.2.1" if network.version == 4 else "2001:db8::1").packed
    body += struct.pack(">HH", peer_as, len(attributes)) + attributes
    return record(12, 1 if network.version == 4 else 2, body)


def update() -> bytes:
    """A record of BGP4MP: a keepalive message, no table."""
    message = b"\xff" * 16 + struct.pack(">HB", 19, 4)
    body = struct.pack(">IIHH", 64496, 64497, 0, 1) + b"\xc0\x00\x02\x01\xc0\x00\x02\x02"
    return record(16, 4, body + message)
