"""iptoasn's tables, the registries' delegations, lines of AS names, and packed tables."""

from __future__ import annotations

import bz2
from pathlib import Path

import pytest
from tests.engine.atlas.atlas_worlds import DAY, opened

from tocsin.engine.atlas import Atlas, build_atlas
from tocsin.engine.atlas.build import BuiltAtlas
from tocsin.engine.atlas.lookup import Interval
from tocsin.model.address import parse_address
from tocsin.model.errors import AtlasError

_RANGES = (
    "192.0.2.0\t192.0.2.129\t64496\tXA\tEXAMPLE-ONE - Example, One\n"
    "192.0.2.130\t192.0.2.255\t0\tNone\tNot routed\n"
    "2001:db8::\t2001:db8:0:ffff:ffff:ffff:ffff:ffff\t4200000000\tXB\tEXAMPLE-TWO\n"
)

_DELEGATED = """\
# made up
2.3|ripencc|20261122|7|19830705|20261121|+0100
ripencc|*|ipv4|*|4|summary
ripencc|*|ipv6|*|2|summary
ripencc|*|asn|*|1|summary
ripencc|XA|asn|64496|2|20010101|allocated|holder-1
ripencc|XA|ipv4|192.0.2.0|192|20010101|allocated|holder-1
ripencc|XB|ipv4|192.0.2.192|64|20010101|assigned|holder-2|e-stats
ripencc|ZZ|ipv4|198.51.100.0|256|20010101|allocated|holder-3
ripencc||ipv4|203.0.113.0|256||available|
ripencc|xc|ipv6|2001:db8::|32|20010101|allocated|holder-1
ripencc||ipv6|2001:db9::|32||reserved|
"""


def _file(directory: Path, content: str | bytes, name: str = "t") -> Path:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _at(atlas: Atlas, text: str) -> Interval:
    return atlas.interval(parse_address(text))


def _geo(directory: Path, content: str) -> BuiltAtlas:
    return build_atlas([], [_file(directory, content)], at=DAY)


def test_ranges_are_routes_with_names(tmp_path: Path) -> None:
    built = build_atlas([_file(tmp_path, _RANGES)], [], at=DAY)
    atlas = opened(tmp_path, built)
    assert [_at(atlas, host).asn for host in ("192.0.2.0", "192.0.2.129", "192.0.2.130")] == [
        64496,
        64496,
        None,
    ]
    assert _at(atlas, "192.0.2.1").as_name == "EXAMPLE-ONE - Example, One"
    assert _at(atlas, "2001:db8::1").asn == 4_200_000_000
    assert (built.prefixes_v4, built.prefixes_v6) == (2, 1)
    assert built.notes == ("t: 1 ranges that are not routed (AS 0) left out",)


def test_ranges_are_places(tmp_path: Path) -> None:
    built = _geo(tmp_path, _RANGES)
    atlas = opened(tmp_path, built)
    assert [_at(atlas, host).country for host in ("192.0.2.129", "192.0.2.130", "2001:db8::")] == [
        "XA",
        None,
        "XB",
    ]
    assert built.notes == ("t: 1 ranges without a country left out",)


def test_a_range_that_is_not_routed_is_still_checked(tmp_path: Path) -> None:
    bad = _RANGES + (
        "192.0.2.9\t192.0.2.1\t0\tNone\tNot routed\n"
        "192.0.2.0\t192.0.2.1\tsixty\tXA\tX\n"
        "192.0.2.0\t192.0.2.1\t64496\n"
        f"192.0.2.0\t{'1' * 5000}\t64496\tXA\tX\n"
    )
    with pytest.raises(AtlasError) as caught:
        build_atlas([_file(tmp_path, bad)], [], at=DAY)
    assert [problem.line for problem in caught.value.problems] == [4, 5, 6, 7]
    assert len(str(caught.value)) < 1500


def test_delegations_are_places_whatever_their_count(tmp_path: Path) -> None:
    built = _geo(tmp_path, _DELEGATED)
    atlas = opened(tmp_path, built)
    hosts = ("192.0.2.191", "192.0.2.192", "198.51.100.1", "203.0.113.1", "2001:db8::1")
    assert [_at(atlas, host).country for host in hosts] == ["XA", "XB", None, None, "XC"]
    assert built.places == 4  # 192 addresses are two prefixes
    assert built.inputs[0].made == "2026-11-21"
    assert set(built.notes) == {
        "t: 1 rows of AS numbers left out",
        "t: 1 rows without a country left out",
        "t: 1 available rows left out",
        "t: 1 reserved rows left out",
    }


def test_the_older_form_of_delegations_is_read(tmp_path: Path) -> None:
    old = "2|apnic|20261122|1|19830613|20261122|+1000\napnic|XA|ipv4|192.0.2.0|256|2001|allocated\n"
    assert _geo(tmp_path, old).places == 1


def test_delegations_without_a_version_line_are_read_and_have_no_date(tmp_path: Path) -> None:
    built = _geo(tmp_path, "apnic|XA|ipv4|192.0.2.0|256|2001|allocated\n")
    assert (built.places, built.inputs[0].made) == (1, "")


def test_a_list_of_delegations_that_was_cut_is_an_error(tmp_path: Path) -> None:
    cut = "".join(_DELEGATED.splitlines(keepends=True)[:8])
    with pytest.raises(AtlasError, match="is cut short: it promises 7 rows and has 3"):
        _geo(tmp_path, cut)


def test_a_registry_that_miscounts_by_a_few_is_believed_and_it_is_noted(tmp_path: Path) -> None:
    rows = "".join(f"arin|XA|ipv4|192.0.2.{n}|1|2001|assigned|h\n" for n in range(200))
    built = _geo(tmp_path, f"2|arin|1|201|19700101|20261122|+0000\n{rows}")
    assert built.notes == ("t: promises 201 rows and has 200",)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("arin|XA|ipv4|192.0.2.0|0|2001|assigned|h", "lies outside"),
        ("arin|XA|ipv4|255.255.255.0|512|2001|assigned|h", "end behind the last one"),
        ("arin|XA|ipv4|2001:db8::|1|2001|assigned|h", "is no IPv4 address"),
        ("arin|XA|ipv6|192.0.2.0|32|2001|assigned|h", "is no IPv6 address"),
        ("arin|XA|ipv6|2001:db8::1|32|2001|assigned|h", "bits set behind"),
        ("arin|XA|ipv6|2001:db8::|129|2001|assigned|h", "lies outside"),
        ("arin|XA|dns|192.0.2.0|1|2001|assigned|h", "neither ipv4, ipv6 nor asn"),
        ("arin|XAB|ipv4|192.0.2.0|1|2001|assigned|h", "is no country"),
        ("arin|XA|ipv4|192.0.2.1|1|2001|allo", "'allo' is no status"),
        ("arin|XA|ipv4", "has 3 cells"),
    ],
)
def test_a_delegation_that_is_none_is_told(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(AtlasError, match=words) as caught:
        _geo(tmp_path, f"arin|XA|ipv4|192.0.2.0|1|2001|assigned|h\n{row}\n")
    assert caught.value.line == 2


def test_lines_of_number_and_name_are_names(tmp_path: Path) -> None:
    names = _file(
        tmp_path,
        "# comment\nAS64496 EXAMPLE-ONE - Example, Inc, XA\n64497   EXAMPLE-TWO, XB\n"
        "AS64498\tNo CC\n0 -Reserved AS-, ZZ\n",
        "names",
    )
    routes = _file(tmp_path, "".join(f"192.0.2.{n}/32\t{64496 + n}\n" for n in range(3)), "routes")
    atlas = opened(tmp_path, build_atlas([routes], [], at=DAY, names=[names]))
    assert [_at(atlas, f"192.0.2.{n}").as_name for n in range(3)] == [
        "EXAMPLE-ONE - Example, Inc",
        "EXAMPLE-TWO",
        "No CC",
    ]


@pytest.mark.parametrize("value", ["null", "true", "NaN", "1e400", "5", '["A"]', '{"a": "b"}'])
def test_a_value_that_is_no_text_is_no_name(tmp_path: Path, value: str) -> None:
    names = _file(tmp_path, f'{{"64496": {value}, "64497": "B"}}', "names")
    with pytest.raises(AtlasError, match="is no text"):
        build_atlas([_file(tmp_path, _RANGES)], [], at=DAY, names=[names])


@pytest.mark.parametrize("text", ['{"64496": ' + "1" * 5000 + "}", '{"64496": ' + "[" * 100_000])
def test_json_that_cannot_be_read_is_an_error(tmp_path: Path, text: str) -> None:
    names = _file(tmp_path, text, "names")
    with pytest.raises(AtlasError, match="is no JSON"):
        build_atlas([_file(tmp_path, _RANGES)], [], at=DAY, names=[names])


def test_an_empty_name_leaves_what_routes_gave_and_a_long_one_is_cut(tmp_path: Path) -> None:
    routes = _file(tmp_path, "192.0.2.0\t192.0.2.255\t64496\tXA\tEXAMPLE-ONE\n", "routes")
    names = _file(tmp_path, '{"64496": " ", "64497": "' + "A" * 5000 + '"}', "names")
    built = build_atlas([routes], [], at=DAY, names=[names])
    assert [row["as_name"] for row in built.layout.names.to_pylist()] == ["EXAMPLE-ONE", "A" * 200]


def test_a_table_may_be_packed_with_bz2(tmp_path: Path) -> None:
    packed = bz2.compress(_RANGES.encode())
    assert build_atlas([_file(tmp_path, packed)], [], at=DAY).prefixes_v6 == 1
    with pytest.raises(AtlasError, match="broken bz2"):
        build_atlas([_file(tmp_path, packed[:-9])], [], at=DAY)


@pytest.mark.parametrize(
    ("content", "option", "words"),
    [
        (_DELEGATED, "routes", "registry's list of delegations, which holds no routes"),
        (_DELEGATED, "names", "which holds no names of ASes"),
        ('{"64496": "X"}', "routes", "JSON, which holds no routes"),
        ('{"64496": "X"}', "geo", "JSON, which holds no places"),
        ("AS64496 X, XA\n", "geo", "text of AS numbers and names, which holds no places"),
        ("192.0.2.0/24\t64496\n", "names", "which holds no names of ASes"),
    ],
)
def test_a_file_under_the_wrong_option_is_told_as_what_it_is(
    tmp_path: Path, content: str, option: str, words: str
) -> None:
    files: dict[str, list[Path]] = {"routes": [], "geo": [], "names": []}
    files[option] = [_file(tmp_path, content)]
    if option == "names":
        files["routes"] = [_file(tmp_path, "192.0.2.0/24\t64496\n", "r")]
    with pytest.raises(AtlasError, match=words):
        build_atlas(files["routes"], files["geo"], at=DAY, names=files["names"])
