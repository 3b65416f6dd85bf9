"""A full table of the Internet against a naive longest match; skipped where there is none."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from tests.engine.atlas.atlas_worlds import DAY, opened

from tocsin.engine.atlas import Atlas, build_atlas
from tocsin.model.address import V4_OFFSET, Addresses

_SHARED = Path(
    os.environ.get("TOCSIN_SHARED_DATA", Path(__file__).parents[3].parent / "shared" / "data")
)
_TABLE = _SHARED / "routing" / "ipasn_20140513.dat.gz"
_PLACES = _SHARED / "geo" / "rir-country.csv.gz"

pytestmark = pytest.mark.skipif(
    not (_TABLE.exists() and _PLACES.exists()), reason=f"no shared data at {_SHARED}"
)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    built = build_atlas([_TABLE], [_PLACES], at=DAY)
    return opened(tmp_path_factory.mktemp("full"), built)


def _naive(path: Path, separator: str) -> dict[tuple[int, int], str]:
    """(first address, length) of every IPv4 prefix and what the file says of it."""
    said: dict[tuple[int, int], str] = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            prefix, _, value = line.strip().partition(separator)
            address, _, length = prefix.partition("/")
            octets = address.split(".")
            if length.isdigit() and len(octets) == 4:
                a, b, c, d = map(int, octets)
                said[(a << 24 | b << 16 | c << 8 | d, int(length))] = value
    return said


def _longest(said: dict[tuple[int, int], str], address: int) -> str | None:
    for length in range(32, 0, -1):
        value = said.get((address >> (32 - length) << (32 - length), length))
        if value is not None:
            return value
    return None


def _points(said: dict[tuple[int, int], str]) -> list[int]:
    rng = np.random.default_rng(20140513)
    anywhere: list[int] = rng.integers(0, 1 << 32, 4000).tolist()
    keys = list(said)
    chosen = [keys[number] for number in rng.integers(0, len(keys), 3000)]
    edges = [
        number
        for first, length in chosen
        for number in (
            first - 1,
            first,
            first + (1 << (32 - length)) - 1,
            first + (1 << (32 - length)),
        )
    ]
    return anywhere + [min(max(number, 0), (1 << 32) - 1) for number in edges]


def _column(points: list[int]) -> Addresses:
    return Addresses.from_ints(point | V4_OFFSET for point in points)


def test_every_prefix_of_a_full_table_is_in(full: Atlas) -> None:
    assert (full.info.prefixes_v4, full.info.prefixes_v6) == (512_621, 0)
    assert full.info.places == 243_034
    assert full.layout.blocks is not None


def test_routed_and_unrouted_addresses_find_the_longest_route(full: Atlas) -> None:
    said = _naive(_TABLE, "\t")
    points = _points(said)
    expected = [_longest(said, point) for point in points]
    found = full.locate(_column(points)).asn.to_pylist()
    assert found == [None if asn is None else int(asn) for asn in expected]
    assert None in found


def test_addresses_find_their_country(full: Atlas) -> None:
    said = _naive(_PLACES, ",")
    points = _points(said)
    found = full.locate(_column(points)).country.to_pylist()
    assert found == [_longest(said, point) for point in points]
