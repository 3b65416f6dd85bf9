"""The geography: about three million ranges over the routed space."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from string import ascii_uppercase

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from bench.world.routes import Routes
from bench.world.scale import below, fraction

COUNTRIES = ["".join(pair) for pair in product(ascii_uppercase, repeat=2)][:200]
_REGIONS, _CITIES = 20, 60
_PIECE = 22
"""IPv4 space is cut into pieces of this length, which makes 2.6 million of it."""
_V6_BITS = 4

Numbers = NDArray[np.uint64]


def country_of(asns: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of the country that an AS is at home in; few countries have most of them."""
    share = fraction(asns.astype(np.uint64), 11)
    return np.minimum(199, 200 * share**2.2).astype(np.int64)


def write_places(routes: Routes, destination: Path) -> int:
    """A CSV of prefix, country, region, city; how many ranges it has."""
    prefixes, asns, numbers = zip(_v4_pieces(routes), _v6_pieces(routes), strict=True)
    asn, number = np.concatenate(asns), np.concatenate(numbers)
    country = country_of(asn)
    table = pa.table(
        {
            "prefix": pa.concat_arrays(prefixes),
            "country": pa.array(COUNTRIES).take(pa.array(country)),
            "region": _named("REGION", country * _REGIONS + below(number, 12, _REGIONS)),
            "city": _named("CITY", country * _CITIES + below(number, 13, _CITIES)),
        }
    )
    pa_csv.write_csv(table, destination)
    return int(table.num_rows)


def _named(word: str, numbers: NDArray[np.int64]) -> pa.Array:
    texts = pa.array([f"{word} {number}" for number in range(200 * _CITIES)])
    return texts.take(pa.array(numbers))


def _v4_pieces(routes: Routes) -> tuple[pa.Array, NDArray[np.int64], Numbers]:
    """Pieces of /22 of every route, and routes that are smaller; each prefix once."""
    length = np.maximum(routes.v4_length, _PIECE).astype(np.int64)
    many = 1 << (length - routes.v4_length.astype(np.int64))
    route = np.repeat(np.arange(len(many)), many)
    within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    first = routes.v4[route].astype(np.int64) + (within << (32 - length[route]))
    keys = (first << 6) | length[route]
    _, once = np.unique(keys, return_index=True)
    first, lengths, asns = first[once], length[route][once], routes.v4_asn[route][once]
    octets = [pa.array((first >> shift) & 255).cast(pa.string()) for shift in (24, 16, 8, 0)]
    address = pc.binary_join_element_wise(*octets, ".")
    texts = pc.binary_join_element_wise(address, pa.array(lengths).cast(pa.string()), "/")
    return texts, asns, first.astype(np.uint64)


def _v6_pieces(routes: Routes) -> tuple[pa.Array, NDArray[np.int64], Numbers]:
    """Sixteen pieces of every route that has room for them."""
    fit = np.flatnonzero(routes.v6_length <= 48 - _V6_BITS)
    route = np.repeat(fit, 1 << _V6_BITS)
    length = routes.v6_length[route].astype(np.int64) + _V6_BITS
    within = np.tile(np.arange(1 << _V6_BITS), len(fit))
    upper = routes.v6[route] | (within.astype(np.uint64) << (64 - length).astype(np.uint64))
    _, once = np.unique(upper ^ (length.astype(np.uint64) << np.uint64(8)), return_index=True)
    upper, length, route = upper[once], length[once], route[once]
    texts = [
        f"{u >> 48:x}:{u >> 32 & 0xFFFF:x}:{u >> 16 & 0xFFFF:x}::/{n}"
        for u, n in zip(upper.tolist(), length.tolist(), strict=True)
    ]
    return pa.array(texts), routes.v6_asn[route], upper
