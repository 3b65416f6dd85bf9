"""The arrays that an atlas consists of, as the builder makes them and the store keeps them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Int32s = NDArray[np.int32]
Lengths = NDArray[np.uint8]

ORIGIN_SETS = pa.schema(
    [
        ("asn", pa.int64()),
        ("origins", pa.list_(pa.uint32())),
        ("peers", pa.list_(pa.uint32())),
    ]
)
"""asn: the origin that most peers see; origins ascending; peers: as many for each origin."""

PLACES = pa.schema(
    [
        ("country", pa.string()),
        ("region", pa.string()),
        ("city", pa.string()),
        ("naics", pa.int64()),
        ("sector", pa.string()),
    ]
)
"""What is known of a place; null where nothing is."""

NAMES = pa.schema([("asn", pa.uint32()), ("as_name", pa.string())])
"""Names of autonomous systems, ascending by number."""


REGISTRIES = ("afrinic", "apnic", "arin", "lacnic", "ripencc")
"""The regional Internet registries, as their own lists name them."""


@dataclass(frozen=True)
class Layout:
    """The address space cut into intervals, and what holds in each.

    Intervals are numbered through: the `n4` of IPv4, then the `n6` of IPv6, each family
    ascending and without gaps from its first address to its last.

    v4_starts (n4,): first address of each. v6_starts (n6,): the same, sixteen bytes big-endian.
    origin_set, place (n4+n6,): row in `origin_sets` and `places`, -1 for none. route_length,
    place_length (n4+n6,): length of the prefix that said so, counted in 128 bits, 0 for none.
    blocks (2**24,) and overflow (256 * k,): the short cut for IPv4 (see `blocks.py`), or both
    None.

    neighbour_set (n4+n6,): row in the sets of neighbours, -1 for none; row `i` of them is
    `neighbours[neighbour_bounds[i] : neighbour_bounds[i + 1]]`, AS numbers ascending: what stands
    directly before the origin (`asn` of its origin set) in the paths of the prefix. All three
    None where no input told paths.

    registry (n4+n6,): who delegated the addresses, 1 for the first of `REGISTRIES`, 0 for unknown;
    None where no input was a registry's list.
    """

    v4_starts: NDArray[np.uint32]
    v6_starts: NDArray[np.bytes_]
    origin_set: Int32s
    route_length: Lengths
    place: Int32s
    place_length: Lengths
    origin_sets: pa.Table
    places: pa.Table
    names: pa.Table
    blocks: Int32s | None = None
    overflow: Int32s | None = None
    neighbour_set: Int32s | None = None
    neighbour_bounds: NDArray[np.uint32] | None = None
    neighbours: NDArray[np.uint32] | None = None
    registry: NDArray[np.uint8] | None = None
