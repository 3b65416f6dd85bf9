"""The atlas answers as a naive longest match does, whatever the prefixes are."""

from __future__ import annotations

import tempfile
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.atlas.atlas_worlds import Route, Spot, around, atlas, naive_origins, naive_spot

from tocsin.engine.atlas import Atlas
from tocsin.model.address import Addresses, parse_address, parse_network

# A few bases, and few bits that differ: prefixes that nest, touch and repeat come by themselves.
_V4_BASES = (0, 0xC0000200, 0xCB007100, 0xFFFFFF00)
_V6_BASES = (0, 0x20010DB8 << 96, 0x20010DB8_00000001 << 64, 0xFFFE << 32, (1 << 128) - 256)


@st.composite
def _prefixes(draw: st.DrawFn) -> str:
    if draw(st.booleans()):
        length = draw(st.integers(1, 32))
        value = draw(st.sampled_from(_V4_BASES)) | draw(st.integers(0, 7)) << 5
        return str(IPv4Network((value >> (32 - length) << (32 - length), length)))
    length = draw(st.integers(1, 128))
    value = draw(st.sampled_from(_V6_BASES)) | draw(st.integers(0, 7)) << 5
    return str(IPv6Network((value >> (128 - length) << (128 - length), length)))


_routes = st.builds(Route, _prefixes(), st.integers(64496, 64500), st.integers(1, 3))
_spots = st.builds(
    Spot,
    _prefixes(),
    st.sampled_from(["", "XA", "XB"]),
    st.sampled_from(["", "NORTH"]),
    st.sampled_from(["", "SPRINGFIELD"]),
    st.sampled_from([0, 517311]),
    st.sampled_from(["", "Information"]),
)


@settings(max_examples=cases(33), deadline=None)
@given(st.lists(_routes, min_size=1, max_size=14), st.lists(_spots, max_size=10))
def test_columns_and_single_look_ups_agree_with_a_naive_longest_match(
    routes: list[Route], spots: list[Spot]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        made = atlas(Path(directory), routes, spots)
        hosts = around([*(route.prefix for route in routes), *(spot.prefix for spot in spots)])
        texts = [str(host) for host in hosts]
        found = made.locate(Addresses.from_ints(parse_address(text) for text in texts))
        for row, host in enumerate(hosts):
            origins, spot = naive_origins(host, routes), naive_spot(host, spots)
            most = max(origins.values(), default=0)
            asn = min((asn for asn, peers in origins.items() if peers == most), default=None)
            assert found.asn[row].as_py() == asn, texts[row]
            assert found.origins[row].as_py() == (sorted(origins) or None)
            said = spot or Spot("")
            assert found.country[row].as_py() == (said.country or None)
            assert found.region[row].as_py() == (said.region or None)
            assert found.city[row].as_py() == (said.city or None)
            assert found.naics[row].as_py() == (said.naics or None)
            assert found.sector[row].as_py() == (said.sector or None)
            interval = made.interval(parse_address(texts[row]))
            assert interval.asn == asn
            assert interval.origins == tuple(sorted(origins.items()))
            assert interval.country == (said.country or None)
            assert interval.first <= parse_address(texts[row]) <= interval.last


@settings(max_examples=cases(80), deadline=None)
@given(st.lists(_routes, min_size=1, max_size=10), st.lists(_spots, max_size=6), _prefixes())
def test_a_cover_is_the_union_over_every_interval_of_the_prefix(
    routes: list[Route], spots: list[Spot], asked: str
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        made = atlas(Path(directory), routes, spots)
        cover = made.cover(parse_network(asked))
        inside = [
            host
            for host in around([asked, *(r.prefix for r in routes), *(s.prefix for s in spots)])
            if parse_network(asked).covers(parse_network(str(host)))
            and parse_network(asked).is_v4 == (host.version == 4)
        ]
        origins = {asn for host in inside for asn in naive_origins(host, routes)}
        near = [naive_spot(host, spots) for host in inside]
        assert cover.origins == tuple(sorted(origins))
        assert cover.countries == tuple(sorted({s.country for s in near if s and s.country}))


@settings(max_examples=cases(40), deadline=None)
@given(st.lists(_routes, min_size=1, max_size=10))
def test_the_order_of_the_rows_does_not_matter(routes: list[Route]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        one = atlas(Path(directory) / "one", routes)
        other = atlas(Path(directory) / "other", list(reversed(routes)))
        assert one.info.name == other.info.name


@settings(max_examples=cases(20), deadline=None)
@given(st.lists(_routes, min_size=1, max_size=14), st.lists(_spots, max_size=6))
def test_the_table_of_blocks_answers_as_the_search_does(
    routes: list[Route], spots: list[Spot]
) -> None:
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        searched = atlas(Path(directory) / "search", routes, spots)
        patch.setattr("tocsin.engine.atlas.blocks.WORTH_FROM", 0)
        tabled = atlas(Path(directory) / "table", routes, spots)
        assert _has_blocks(tabled)
        assert not _has_blocks(searched)
        prefixes = [*(route.prefix for route in routes), *(spot.prefix for spot in spots)]
        points = Addresses.from_ints(parse_address(str(host)) for host in around(prefixes))
        assert tabled.locate(points) == searched.locate(points)


def _has_blocks(made: Atlas) -> bool:
    return made.layout.blocks is not None
