"""What an opened atlas promises: columns, covers, single addresses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.engine.atlas.atlas_worlds import DAY, Route, Spot, atlas, opened

from tocsin.engine.atlas import build_atlas
from tocsin.engine.atlas.blocks import MOST_DIVIDED, WORTH_FROM, look_up, make_blocks
from tocsin.model.address import Addresses, Network, parse_address, parse_network

_ROUTES = [
    Route("192.0.2.0/24", 64497, 4),
    Route("192.0.2.0/24", 64496, 4),
    Route("192.0.2.0/24", 64498, 3),
    Route("192.0.2.64/26", 64499),
    Route("2001:db8::/32", 64500),
]
_SPOTS = [
    Spot("192.0.2.0/25", "xa", "North", "Springfield", 517311, "Information"),
    Spot("2001:db8:1::/48", "XB"),
]


def _column(*texts: str) -> Addresses:
    return Addresses.from_ints(parse_address(text) for text in texts)


def test_the_column_shows_the_origin_most_peers_see_and_of_equals_the_lowest(
    tmp_path: Path,
) -> None:
    found = atlas(tmp_path, _ROUTES).locate(_column("192.0.2.1", "192.0.2.65"))
    assert found.asn.to_pylist() == [64496, 64499]
    assert found.origins.to_pylist() == [[64496, 64497, 64498], [64499]]


def test_families_may_be_mixed_and_addresses_repeated(tmp_path: Path) -> None:
    column = _column("2001:db8::1", "192.0.2.1", "198.51.100.1", "192.0.2.1", "2001:db8::1")
    found = atlas(tmp_path, _ROUTES, _SPOTS).locate(column)
    assert found.asn.to_pylist() == [64500, 64496, None, 64496, 64500]
    assert found.country.to_pylist() == [None, "XA", None, "XA", None]


def test_mapped_and_plain_ipv4_are_one_address(tmp_path: Path) -> None:
    found = atlas(tmp_path, _ROUTES).locate(_column("::ffff:192.0.2.1", "192.0.2.1"))
    assert found.asn.to_pylist() == [64496, 64496]


def test_an_ipv6_route_around_the_mapped_block_says_nothing_of_ipv4(tmp_path: Path) -> None:
    made = atlas(tmp_path, [Route("::/8", 64496)])
    found = made.locate(_column("192.0.2.1", "::fffe:0:1", "::1:0:0:1"))
    assert found.asn.to_pylist() == [None, 64496, 64496]


def test_nothing_asked_gives_empty_columns_of_the_right_kinds(tmp_path: Path) -> None:
    found = atlas(tmp_path, _ROUTES).locate(Addresses.from_ints([]))
    kinds = {str(getattr(found, name).type) for name in ("asn", "naics")}
    assert (len(found.asn), len(found.origins), kinds) == (0, 0, {"int64"})
    assert str(found.city.type) == "string"


def test_geography_without_routes_is_an_atlas_too(tmp_path: Path) -> None:
    found = atlas(tmp_path, [], _SPOTS).locate(_column("192.0.2.1", "198.51.100.1"))
    assert found.asn.to_pylist() == [None, None]
    assert found.country.to_pylist() == ["XA", None]


def test_a_single_address_tells_all_that_is_known(tmp_path: Path) -> None:
    interval = atlas(tmp_path, _ROUTES, _SPOTS).interval(parse_address("192.0.2.70"))
    assert interval.first == parse_address("192.0.2.64")
    assert interval.last == parse_address("192.0.2.127")
    assert interval.prefix == parse_network("192.0.2.64/26")
    assert interval.geo_prefix == parse_network("192.0.2.0/25")
    assert interval.origins == ((64499, 1),)
    assert (interval.country, interval.region, interval.city) == ("XA", "NORTH", "SPRINGFIELD")
    assert (interval.naics, interval.sector) == (517311, "Information")


def test_an_unrouted_address_lies_in_an_interval_that_says_nothing(tmp_path: Path) -> None:
    made = atlas(tmp_path, _ROUTES)
    low, high = made.interval(parse_address("0.0.0.0")), made.interval(parse_address("::"))
    assert (low.prefix, low.asn, low.origins, low.geo_prefix) == (None, None, (), None)
    assert low.last == parse_address("192.0.2.0") - 1
    assert high.last == parse_address("2001:db8::") - 1


def test_intervals_end_where_their_family_ends(tmp_path: Path) -> None:
    made = atlas(tmp_path, _ROUTES)
    assert made.interval(parse_address("203.0.113.1")).last == parse_address("255.255.255.255")
    assert made.interval(parse_address("ffff::")).last == (1 << 128) - 1


def test_a_cover_unites_what_lies_within_and_what_spans_it(tmp_path: Path) -> None:
    made = atlas(tmp_path, _ROUTES, _SPOTS)
    whole = made.cover(parse_network("192.0.2.0/24"))
    assert whole.origins == (64496, 64497, 64498, 64499)
    assert whole.countries == ("XA",)
    assert made.cover(parse_network("192.0.2.128/25")).origins == (64496, 64497, 64498)
    assert made.cover(parse_network("192.0.2.64/27")).origins == (64499,)
    assert made.cover(parse_network("198.51.100.0/24")).origins == ()


def test_as_names_come_from_their_own_file_and_from_the_routes(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(
        "prefix,asn,as_name\n192.0.2.0/24,AS64496,Example  One\n198.51.100.0/24,64497,Two\n"
    )
    (tmp_path / "names.json").write_text('{"64497": "Second\\u0007 Example", "0": "Nobody"}')
    built = build_atlas([tmp_path / "r.csv"], [], at=DAY, names=[tmp_path / "names.json"])
    made = opened(tmp_path, built)
    assert made.interval(parse_address("192.0.2.1")).as_name == "Example One"
    assert made.as_name(64497) == "Second Example"
    assert made.as_name(64511) is None


def test_blocks_are_made_only_where_they_pay() -> None:
    few = np.arange(WORTH_FROM - 1, dtype=np.uint32) << np.uint32(8)
    assert make_blocks(few) is None
    finest = (np.arange(MOST_DIVIDED + 2, dtype=np.uint32) << np.uint32(8)) | np.uint32(1)
    finest[0] = 0
    assert make_blocks(finest) is None


def test_blocks_find_every_start_and_the_address_before_it() -> None:
    rng = np.random.default_rng(7)
    random = rng.integers(0, 1 << 32, WORTH_FROM, dtype=np.uint32)
    starts = np.unique(np.append(random, np.uint32(0)))
    made = make_blocks(np.unique(np.append(starts, starts & np.uint32(0xFFFFFF00))))
    assert made is not None
    all_starts = np.unique(np.append(starts, starts & np.uint32(0xFFFFFF00)))
    points = np.concatenate([all_starts, all_starts[1:] - np.uint32(1)])
    expected = np.searchsorted(all_starts, points, side="right") - 1
    assert np.array_equal(look_up(*made, points), expected)


def test_a_route_of_one_address_stands_alone(tmp_path: Path) -> None:
    made = atlas(tmp_path, [Route("192.0.2.7/32", 64496), Route("2001:db8::7/128", 64497)])
    found = made.locate(_column("192.0.2.6", "192.0.2.7", "192.0.2.8", "2001:db8::7"))
    assert found.asn.to_pylist() == [None, 64496, None, 64497]
    assert made.cover(Network(parse_address("192.0.2.7"), 128)).origins == (64496,)
