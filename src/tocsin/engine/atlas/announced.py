"""How much of the address space an AS number announces, by an atlas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from tocsin.engine.atlas.lookup import Atlas
from tocsin.model.address import ALL_ONES

_SITE = 1 << 80
"""The addresses of a /48 of IPv6."""


@dataclass(frozen=True, slots=True)
class Announced:
    """v4: addresses. v6_sites: as many /48 as its addresses of IPv6 fill, the last begun."""

    v4: int
    v6_sites: int


def announced_by(atlas: Atlas, asn: int) -> Announced:
    """All for which it is an origin of the most specific route, alone or with others."""
    layout = atlas.layout
    origins = atlas.known("origins")
    sets = np.unique(
        pc.list_parent_indices(origins).to_numpy()[pc.list_flatten(origins).to_numpy() == asn]
    )
    theirs = np.isin(layout.origin_set, sets)
    v4_count = len(layout.v4_starts)
    ends = np.append(layout.v4_starts[1:].astype(np.int64), 1 << 32)
    v4 = (ends - layout.v4_starts.astype(np.int64))[theirs[:v4_count]].sum()
    starts, count = layout.v6_starts, len(layout.v6_starts)
    v6 = 0
    for number in np.flatnonzero(theirs[v4_count:]):
        end = _address(starts[number + 1]) if number + 1 < count else ALL_ONES + 1
        v6 += end - _address(starts[number])
    return Announced(int(v4), -(-v6 // _SITE))


def _address(start: bytes) -> int:
    # numpy drops the zero bytes at the end of a fixed-width text.
    return int.from_bytes(bytes(start).ljust(16, b"\0"), "big")
