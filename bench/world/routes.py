"""The routing table: the real one where it is at hand, else one of its size."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.world.scale import below, dice, fraction

REAL = ("ipasn_20140513.dat.gz", "ipasn6_20151101.dat.gz")
V4_ROUTES, V6_ROUTES = 512_621, 24_000

_LENGTHS = np.arange(8, 25)
_SHARES = np.array([0.2, 0.1, 0.1, 0.2, 0.5, 1, 2, 1.5, 25, 14, 24, 48, 70, 75, 95, 90, 520])
"""About how many of a thousand routes have each length from /8 to /24."""

_FIRST_ASN, _ASNS = 1_000, 47_000


@dataclass(frozen=True)
class Routes:
    """The table by columns. v4: first address and length; v6: upper 64 bits and length."""

    v4: NDArray[np.uint32]
    v4_length: NDArray[np.uint8]
    v4_asn: NDArray[np.int64]
    v6: NDArray[np.uint64]
    v6_length: NDArray[np.uint8]
    v6_asn: NDArray[np.int64]


def write_routes(shared: Path | None, destination: Path) -> None:
    """Both families as one text table, `prefix TAB asn`."""
    if shared is not None and all((shared / "routing" / name).is_file() for name in REAL):
        four, six = (_lines_of(shared / "routing" / name) for name in REAL)
        # The later table has both families; of IPv4 the whole table of one day is enough.
        lines = [*four, *(line for line in six if ":" in line)]
    else:
        lines = made_up(V4_ROUTES, V6_ROUTES)
    destination.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")


def _lines_of(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="ascii") as stream:
        return [line.strip() for line in stream if line[:1].isalnum() and "/" in line]


def made_up(v4: int, v6: int) -> list[str]:
    """A table of about so many prefixes in space that is for global use."""
    rolls = dice(1)
    numbers = np.arange(2 * v4, dtype=np.uint64)
    lengths = rolls.choice(_LENGTHS, len(numbers), p=_SHARES / _SHARES.sum())
    first = (rolls.integers(0, 1 << 32, len(numbers)) >> (32 - lengths)) << (32 - lengths)
    top = first >> 24
    usable = (top > 0) & (top < 224) & ~np.isin(top, (10, 100, 127, 169, 172, 192, 198, 203))
    asns = _FIRST_ASN + (_ASNS * fraction(numbers, 2) ** 2).astype(np.int64)
    rows = dict(zip(zip(first[usable], lengths[usable], strict=True), asns[usable], strict=True))
    lines = [
        f"{a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}/{length}\t{asn}"
        for (a, length), asn in list(rows.items())[:v4]
    ]
    six = np.arange(v6, dtype=np.uint64)
    origins = _FIRST_ASN + below(six, 3, _ASNS)
    lines += [
        f"2a{number >> 16 & 15:02x}:{number & 0xFFFF:x}::/32\t{asn}"
        for number, asn in zip(range(v6), origins.tolist(), strict=True)
    ]
    return lines


def read_routes(path: Path) -> Routes:
    """Read what `write_routes` wrote."""
    four: list[tuple[int, int, int]] = []
    six: list[tuple[int, int, int]] = []
    for line in path.read_text("ascii").splitlines():
        prefix, asn = line.split("\t")
        address, length = prefix.split("/")
        if ":" in address:
            six.append((_upper_half(address), int(length), int(asn)))
        else:
            a, b, c, d = map(int, address.split("."))
            four.append((a << 24 | b << 16 | c << 8 | d, int(length), int(asn)))
    v4, v6 = np.array(four, np.uint64), np.array(six, np.uint64)
    return Routes(
        v4[:, 0].astype(np.uint32),
        v4[:, 1].astype(np.uint8),
        v4[:, 2].astype(np.int64),
        v6[:, 0],
        v6[:, 1].astype(np.uint8),
        v6[:, 2].astype(np.int64),
    )


def _upper_half(address: str) -> int:
    head, gap, tail = address.partition("::")
    before = [int(group, 16) for group in head.split(":") if group]
    after = [int(group, 16) for group in tail.split(":") if group]
    groups = [*before, *([0] * (8 - len(before) - len(after)) if gap else []), *after]
    return groups[0] << 48 | groups[1] << 32 | groups[2] << 16 | groups[3]
