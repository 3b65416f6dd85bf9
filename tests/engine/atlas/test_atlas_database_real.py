"""MaxMind's own test databases, beside the library; skipped where there are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import cast

import maxminddb
import pytest
from tests.engine.atlas.atlas_worlds import DAY, opened
from tests.fakes.shared_data import shared_data

from tocsin.engine.atlas import Atlas, build_atlas
from tocsin.model.address import parse_address
from tocsin.model.errors import AtlasError

_GEO = shared_data() / "geo"

pytestmark = pytest.mark.skipif(
    not (_GEO / "GeoLite2-City-Test.mmdb").exists(), reason=f"no shared data at {_GEO}"
)

Answer = Mapping[str, object]


def _ends(path: Path) -> Iterator[tuple[str, Answer]]:
    """The first and the last address of every network of a database, and its answer there."""
    with maxminddb.open_database(path) as reader:
        networks = cast("Iterator[tuple[IPv4Network | IPv6Network, object]]", iter(reader))
        for network, _ in networks:
            for host in (network[0], network[-1]):
                yield str(host), cast("Answer", reader.get(host))


def _atlas(directory: Path, name: str) -> Atlas:
    return opened(directory, build_atlas([], [_GEO / name], at=DAY))


def _code(answer: Answer, key: str) -> str | None:
    return cast("dict[str, str]", answer.get(key, {})).get("iso_code")


def _english(named: object) -> str | None:
    name = cast("dict[str, dict[str, str]]", named).get("names", {}).get("en")
    return name.upper() if name else None


@pytest.mark.parametrize("name", ["GeoLite2-City-Test.mmdb", "GeoLite2-Country-Test.mmdb"])
def test_places_are_what_the_library_answers_over_all_networks(tmp_path: Path, name: str) -> None:
    atlas = _atlas(tmp_path, name)
    asked = 0
    for host, answer in _ends(_GEO / name):
        found = atlas.interval(parse_address(host))
        regions = cast("list[object]", answer.get("subdivisions", [{}]))
        assert (found.country, found.region, found.city) == (
            _code(answer, "country") or _code(answer, "registered_country"),
            _english(regions[0]),
            _english(answer.get("city", {})),
        ), host
        asked += 1
    assert asked > 400


def test_ases_are_what_the_library_answers_over_all_networks(tmp_path: Path) -> None:
    path = _GEO / "GeoLite2-ASN-Test.mmdb"
    atlas = opened(tmp_path, build_atlas([path], [], at=DAY))
    names: dict[object, set[object]] = {}
    found_names: dict[object, object] = {}
    for host, answer in _ends(path):
        found = atlas.interval(parse_address(host))
        assert found.asn == answer.get("autonomous_system_number"), host
        names.setdefault(found.asn, set()).add(answer.get("autonomous_system_organization"))
        found_names[found.asn] = found.as_name
    # A few ASes have several names there; an atlas has one.
    assert all(found_names[asn] in known for asn, known in names.items())


@pytest.mark.parametrize(
    "name", ["GeoIP2-City-Test-Invalid-Node-Count.mmdb", "MaxMind-DB-test-broken-pointers-24.mmdb"]
)
@pytest.mark.parametrize("as_routes", [True, False])
def test_the_broken_ones_are_errors(name: str, as_routes: bool) -> None:
    files = [_GEO / name]
    with pytest.raises(AtlasError, match=name.removesuffix(".mmdb")):
        build_atlas(files if as_routes else [], [] if as_routes else files, at=DAY)
