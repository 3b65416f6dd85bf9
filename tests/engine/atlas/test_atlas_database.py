"""Databases in MaxMind's form: every network once, and what a broken one is told as."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.engine.atlas.atlas_worlds import DAY, opened
from tests.engine.atlas.mmdb_writer import Value, database, encoded, whole

from tocsin.engine.atlas import build_atlas
from tocsin.engine.atlas.lookup import Interval
from tocsin.model.address import parse_address
from tocsin.model.errors import AtlasError

_ALPHA: Value = {
    "country": {"iso_code": "XA", "names": {"en": "Exampleland"}},
    "registered_country": {"iso_code": "XB"},
    "subdivisions": [{"names": {"en": "Nord", "de": "Norden"}}, {"names": {"en": "Inner"}}],
    "city": {"names": {"en": "Ober-Ulm", "de": "Oberulm"}},
}
_CITY: Mapping[str, Value] = {
    "192.0.2.0/25": _ALPHA,
    "192.0.2.128/25": {"registered_country": {"iso_code": "XB"}},
    "198.51.100.7/32": {"country": {"iso_code": "XC"}, "city": {"names": {"de": "Nur Deutsch"}}},
    "203.0.113.0/24": {"continent": {"code": "EU"}},
    "2001:db8::/32": _ALPHA,
}
_ASN: Mapping[str, Value] = {
    "192.0.2.0/24": {
        "autonomous_system_number": 64496,
        "autonomous_system_organization": "Example One",
    },
    "198.51.100.0/24": {"autonomous_system_organization": "Nobody"},
    "2001:db8::/32": {"autonomous_system_number": 4_200_000_000},
}


def _file(directory: Path, content: bytes, name: str = "some.mmdb") -> Path:
    path = directory / name
    path.write_bytes(content)
    return path


def _place(interval: Interval) -> tuple[str | None, str | None, str | None]:
    return interval.country, interval.region, interval.city


@pytest.mark.parametrize("size", [24, 32])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_database_of_cities_is_geography(tmp_path: Path, size: int, pack: type[bytes]) -> None:
    path = _file(tmp_path, pack(database(_CITY, size=size)))
    built = build_atlas([], [path], at=DAY)
    atlas = opened(tmp_path, built)
    said = {
        text: _place(atlas.interval(parse_address(text)))
        for text in ("192.0.2.9", "192.0.2.200", "198.51.100.7", "203.0.113.1", "2001:db8::1")
    }
    assert said == {
        "192.0.2.9": ("XA", "NORD", "OBER-ULM"),
        "192.0.2.200": ("XB", None, None),
        "198.51.100.7": ("XC", None, None),
        "203.0.113.1": (None, None, None),
        "2001:db8::1": ("XA", "NORD", "OBER-ULM"),
    }
    assert built.places == 4
    assert built.notes == ("some.mmdb: 1 networks without a place left out",)
    assert built.inputs[0].made == "2026-11-22"


def test_where_ipv6_leads_into_ipv4_again_nothing_is_read_twice(tmp_path: Path) -> None:
    path = _file(tmp_path, database(_CITY))
    without = _file(tmp_path, database(_CITY, aliases=False), "without.mmdb")
    assert build_atlas([], [path], at=DAY).places == build_atlas([], [without], at=DAY).places
    atlas = opened(tmp_path, build_atlas([], [path], at=DAY))
    assert _place(atlas.interval(parse_address("::ffff:192.0.2.9")))[0] == "XA"
    assert _place(atlas.interval(parse_address("2002:c000:209::1"))) == (None, None, None)


def test_a_database_of_ases_is_routes_with_names(tmp_path: Path) -> None:
    built = build_atlas([_file(tmp_path, database(_ASN, kind="Test-ASN"))], [], at=DAY)
    atlas = opened(tmp_path, built)
    first = atlas.interval(parse_address("192.0.2.1"))
    assert (first.asn, first.as_name, str(first.prefix)) == (64496, "Example One", "192.0.2.0/24")
    assert atlas.interval(parse_address("2001:db8::1")).asn == 4_200_000_000
    assert built.notes == ("some.mmdb: 1 networks without an AS left out",)


def test_a_database_under_the_wrong_option_says_what_it_holds(tmp_path: Path) -> None:
    city = _file(tmp_path, database(_CITY))
    with pytest.raises(AtlasError, match=r"Test-City.*tells no AS.*city, continent, country"):
        build_atlas([city], [], at=DAY)
    asn = _file(tmp_path, database(_ASN, kind="Test-ASN"))
    with pytest.raises(AtlasError, match=r"Test-ASN.*tells no place.*autonomous_system_number"):
        build_atlas([], [asn], at=DAY)


def test_values_that_are_none_are_told_with_their_network(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        database(
            {
                "192.0.2.0/24": {"country": {"iso_code": "EXAMPLE"}},
                "198.51.100.0/24": {"country": {"iso_code": "XA"}},
            }
        ),
    )
    with pytest.raises(AtlasError, match=r"192\.0\.2\.0/24: 'EXAMPLE' is no country"):
        build_atlas([], [path], at=DAY)


def test_hostile_texts_are_made_harmless_and_odd_types_are_nothing(tmp_path: Path) -> None:
    entry: Value = {
        "country": "XA",
        "registered_country": {"iso_code": "XB"},
        "subdivisions": {"names": 5},
        "city": {"names": {"en": "O\x1b[31mber\n\u202eulm"}},
    }
    path = _file(tmp_path, database({"192.0.2.0/24": entry}))
    atlas = opened(tmp_path, build_atlas([], [path], at=DAY))
    assert _place(atlas.interval(parse_address("192.0.2.1"))) == ("XB", None, "O [31MBER ULM")


_ENTRY: Value = {"country": {"iso_code": "XA"}}


def _tree(*branches: int, size: int = 24) -> bytes:
    """A database whose tree has these branches, two for a fork."""
    packed = b"".join(branch.to_bytes(size // 8, "big") for branch in branches)
    return whole(packed, len(branches) // 2, encoded(_ENTRY), kind="Tree", size=size)


def _chain(forks: int) -> bytes:
    """A tree that is one way of so many forks, with an entry behind the last one."""
    ways = [branch for n in range(1, forks) for branch in (n, forks)]
    return _tree(*ways, forks + 16, forks)


def _doubling(forks: int) -> bytes:
    """Both branches of each fork lead to the next one: 2**forks ways, to nothing."""
    ways = [n for n in range(1, forks) for _ in range(2)]
    return _tree(*ways, forks, forks)


def _key_of_no_type() -> bytes:
    """Found by chance: what the library's reader in C answers with a SystemError."""
    entries: dict[str, Value] = {
        f"198.51.{n}.0/24": {
            "autonomous_system_number": 64496 + n,
            "autonomous_system_organization": f"N{n}",
            "country": {"iso_code": "XA"},
            "city": {"names": {"en": f"C{n}"}},
        }
        for n in range(20)
    }
    return database(entries).replace(b"CN12Gcountry\xe1Hiso", b"CN12Gcountry\xe1\x16iso")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_tree(0, 0), "leads back to itself"),
        (_tree(1, 2, 0, 2), "leads back to itself"),
        (_chain(129), "deeper than an address"),
        (_chain(300), "deeper than an address"),
        (_doubling(100), "leads back to itself"),
        (database(_CITY)[:-120], "broken database"),
        (_key_of_no_type(), "broken database"),
        (database({"192.0.2.0/24": "text"}), "it says 'text' of 192.0.2.0/24"),
    ],
    ids=["itself", "circle", "129", "300", "doubling", "cut", "key of no type", "no entry"],
)
@pytest.mark.filterwarnings("ignore:PyUnicode_FromStringAndSize:DeprecationWarning")
def test_a_broken_database_is_an_error(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(AtlasError, match=rf"some\.mmdb.*{words}"):
        build_atlas([], [_file(tmp_path, content)], at=DAY)


def test_a_tree_as_deep_as_an_address_is_long_is_read(tmp_path: Path) -> None:
    built = build_atlas([], [_file(tmp_path, _chain(128))], at=DAY)
    assert opened(tmp_path, built).interval(parse_address("0.0.0.0")).country == "XA"


def test_an_empty_database_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="tells no place of any network, only nothing"):
        build_atlas([], [_file(tmp_path, database({}))], at=DAY)
