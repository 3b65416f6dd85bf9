"""AS paths: where they end, and which AS stands directly before the end (RFC 4271, 4.3)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache

AS_PATH, AS4_PATH = 2, 17
AS_TRANS = 23456
"""What a speaker of short numbers writes for an AS number that it cannot (RFC 6793)."""

_AS_SET, _AS_SEQUENCE = 1, 2
_EXTENDED_LENGTH = 0x10

Segment = tuple[int, Sequence[int]]
"""The type of a segment of a path, and its AS numbers."""

Hop = tuple[int, ...]
"""One step of a path: an AS, or all of a set, in which there is no order."""

End = tuple[int, int]
"""An origin, and the AS directly before it; 0 if the path does not tell one."""


def as_path(attributes: bytes) -> bytes:
    """The AS path among the attributes of an entry; empty if there is none. ValueError if they
    are cut short."""
    at, end = 0, len(attributes)
    while at + 2 < end:
        flags, kind, size = attributes[at], attributes[at + 1], attributes[at + 2]
        at += 3
        if flags & _EXTENDED_LENGTH:
            if at == end:
                break
            size = size << 8 | attributes[at]
            at += 1
        if at + size > end:
            raise ValueError("an attribute is longer than its entry")
        if kind == AS_PATH:
            return attributes[at : at + size]
        at += size
    if at != end:
        raise ValueError("an attribute is cut short")
    return b""


@lru_cache(1 << 16)
def ends_of_packed(path: bytes) -> tuple[End, ...]:
    """As `ends_of`, for a path with numbers of four octets as it stands in a dump."""
    if len(path) > 2 and path[0] == _AS_SEQUENCE and len(path) == 2 + 4 * path[1]:
        return _ends_of_sequence(path)
    segments: list[Segment] = []
    at = 0
    while at < len(path):
        kind, count = struct.unpack_from(">BB", path, at)
        segments.append((kind, struct.unpack_from(f">{count}I", path, at + 2)))
        at += 2 + 4 * count
    return ends_of(hops_of(segments))


def _ends_of_sequence(path: bytes) -> tuple[End, ...]:
    """The same for a path that is one sequence, as nearly all are; from its end, to be quick."""
    last, at = path[-4:], len(path) - 8
    while at >= 2 and path[at : at + 4] == last:
        at -= 4
    before = int.from_bytes(path[at : at + 4], "big") if at >= 2 else 0
    return ((int.from_bytes(last, "big"), before if before != AS_TRANS else 0),)


def hops_of(segments: Iterable[Segment]) -> list[Hop]:
    """The steps of a path. What a confederation adds for itself (RFC 5065) is no part of it."""
    hops: list[Hop] = []
    for kind, numbers in segments:
        if kind == _AS_SEQUENCE:
            hops += [(number,) for number in numbers]
        elif kind == _AS_SET and numbers:
            hops.append(tuple(numbers))
    return hops


def whole_path(short: Sequence[Hop], long: Sequence[Hop]) -> Sequence[Hop]:
    """A path of short numbers with the long ones that travelled beside it (RFC 6793, 4.2.3).

    The long ones are the end of the path; what stands before was added by speakers of short ones.
    """
    if not long or not any(AS_TRANS in hop for hop in short):
        return short
    return [*short[: max(len(short) - len(long), 0)], *long]


def ends_of(hops: Sequence[Hop]) -> tuple[End, ...]:
    """The last AS of a path, or each of the set that it ends with, and what stands before it.

    That is the last AS before it that is another: origins repeat themselves to make a path
    longer. Of a set with several others in it, there is no telling which. Nothing for an empty
    path.
    """
    if not hops:
        return ()
    return tuple((origin, _before(hops, origin)) for origin in hops[-1])


def _before(hops: Sequence[Hop], origin: int) -> int:
    for hop in reversed(hops[:-1]):
        others = {number for number in hop if number != origin}
        if others:
            only = others.pop()
            return only if not others and only != AS_TRANS else 0
    return 0
