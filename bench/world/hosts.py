"""Which address a host has: always the same one, somewhere in routed space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.world.routes import Routes
from bench.world.scale import Numbers, below, fraction, mixed
from tocsin.model.address import Addresses

_V6_EACH = 20
"""One host in so many has an IPv6 address."""
_MOST_BITS = 18
"""A route counts by its size, but not for more than a /14: few use all that they have."""


@dataclass(frozen=True)
class Hosts:
    """Addresses by the number of the host."""

    routes: Routes
    bounds: NDArray[np.float64]

    @classmethod
    def of(cls, routes: Routes) -> Hosts:
        """Hosts all over these routes."""
        bits = np.minimum(32 - routes.v4_length.astype(np.int64), _MOST_BITS)
        sizes = np.exp2(bits)
        return cls(routes, np.cumsum(sizes) / sizes.sum())

    def addresses(self, numbers: Numbers) -> Addresses:
        """The addresses of hosts."""
        routes = self.routes
        four = np.searchsorted(self.bounds, fraction(numbers, 21), side="right")
        four = np.minimum(four, len(self.bounds) - 1)
        host_bits = (32 - routes.v4_length[four].astype(np.int64)).astype(np.uint64)
        inside = mixed(numbers, 22) & ((np.uint64(1) << host_bits) - np.uint64(1))
        lo = np.uint64(0xFFFF << 32) | (routes.v4[four].astype(np.uint64) + inside)
        hi = np.zeros(len(numbers), np.uint64)
        six = below(numbers, 23, _V6_EACH) == 0
        chosen = below(numbers, 24, len(routes.v6))[six]
        upper_bits = np.uint64(64) - np.minimum(routes.v6_length[chosen], 64).astype(np.uint64)
        room = np.where(upper_bits >= 64, np.uint64(0), (np.uint64(1) << upper_bits) - np.uint64(1))
        hi[six] = routes.v6[chosen] | (mixed(numbers, 25)[six] & room)
        lo[six] = mixed(numbers, 26)[six]
        return Addresses(hi, lo)
