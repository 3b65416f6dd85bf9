"""How much an AS number announces, against counting address by address."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.atlas.atlas_worlds import Route, atlas, naive_origins

from tocsin.engine.atlas.announced import Announced, announced_by

_ROUTES = [
    Route("192.0.2.0/24", 64496),
    Route("192.0.2.64/26", 64497),
    Route("198.51.100.0/25", 64496),
    Route("198.51.100.0/25", 64498),
    Route("2001:db8::/32", 64496),
    Route("2001:db8:1::/48", 64497),
    Route("2001:db8:2:3::/64", 64498),
]


@pytest.mark.parametrize(
    ("asn", "v4", "v6_sites"),
    [(64496, 192 + 128, 65535), (64497, 64, 1), (64498, 128, 1), (64499, 0, 0)],
)
def test_what_a_longer_route_takes_is_not_counted(
    tmp_path: Path, asn: int, v4: int, v6_sites: int
) -> None:
    assert announced_by(atlas(tmp_path, _ROUTES), asn) == Announced(v4, v6_sites)


_PREFIXES = st.builds(
    lambda last, length: f"192.0.2.{last >> (32 - length) << (32 - length)}/{length}",
    st.integers(0, 255),
    st.integers(24, 32),
)


@settings(max_examples=cases(20))
@given(st.lists(st.tuples(_PREFIXES, st.integers(64496, 64498)), min_size=1, max_size=8))
def test_it_is_what_counting_each_address_gives(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, int]]
) -> None:
    routes = [Route(prefix, asn) for prefix, asn in said]
    made = atlas(tmp_path_factory.mktemp("world"), routes)
    hosts = [naive_origins(ip_address(f"192.0.2.{each}"), routes) for each in range(256)]
    for asn in (64496, 64497, 64498):
        assert announced_by(made, asn).v4 == sum(asn in each for each in hosts)
