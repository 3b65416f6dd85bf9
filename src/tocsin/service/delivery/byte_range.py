"""The one part of a file that a client asks for (RFC 9110, section 14): pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes\s*=\s*(?P<first>\d{0,19})\s*-\s*(?P<last>\d{0,19})", re.I | re.A)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `first` to before `end`."""

    first: int
    end: int


class Unsatisfiable(Exception):
    """The file has no byte that was asked for."""


def byte_range(asked: str, size: int) -> ByteRange | None:
    """What a header `Range` asks of a file of `size` bytes; None: all of it.

    A header that is not understood, or asks for several parts, counts as none, as the standard
    allows. Unsatisfiable if it lies behind the end.
    """
    found = _ONE.fullmatch(asked.strip())
    if found is None or not (found["first"] or found["last"]):
        return None
    if not found["first"]:
        return _last(int(found["last"]), size)
    first = int(found["first"])
    last = int(found["last"]) if found["last"] else size - 1
    if found["last"] and last < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return ByteRange(first, min(last + 1, size))


def _last(length: int, size: int) -> ByteRange:
    if not length or not size:
        raise Unsatisfiable
    return ByteRange(max(0, size - length), size)
