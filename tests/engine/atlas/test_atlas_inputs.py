"""Tables in every form, and every way in which they can be wrong."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest
from tests.engine.atlas.atlas_worlds import DAY, opened

from tocsin.engine.atlas import build_atlas
from tocsin.engine.atlas.packed import MOST_OF_TEXT, Unpacked
from tocsin.engine.atlas.tables import is_everything
from tocsin.model.address import Addresses, parse_address, parse_network
from tocsin.model.errors import AtlasError

_ROUTES = "; IP-ASN32-DAT file\n; Prefixes : 2\n;\n192.0.2.0/24\t64496\n2001:db8::/32\t64497\n"
_PLACES = "prefix,country\n192.0.2.0/24,xa\n"


def _file(directory: Path, name: str, content: str | bytes) -> Path:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _asns(directory: Path, *routes: Path) -> list[int | None]:
    made = opened(directory, build_atlas(routes, [], at=DAY))
    points = Addresses.from_ints(map(parse_address, ("192.0.2.1", "2001:db8::1")))
    found: list[int | None] = made.locate(points).asn.to_pylist()
    return found


@pytest.mark.parametrize(
    "content",
    [
        _ROUTES,
        gzip.compress(_ROUTES.encode(), mtime=0),
        gzip.compress(_ROUTES[:60].encode(), mtime=0)
        + gzip.compress(_ROUTES[60:].encode(), mtime=0),
        _ROUTES.replace("\n", "\r\n"),
        "prefix,asn\n192.0.2.0/24,64496\n2001:db8::/32,AS64497\n",
        "\ufeffPrefix, ASN\r\n\r\n192.0.2.0/24,64496\r\n2001:db8::/32,64497\r\n",
        '"asn","other","prefix"\n"64496","x","192.0.2.0/24"\n"64497","a\nb","2001:db8::/32"\n',
    ],
)
def test_the_form_is_told_by_the_content(tmp_path: Path, content: str | bytes) -> None:
    assert _asns(tmp_path, _file(tmp_path, "table.anything", content)) == [64496, 64497]


@pytest.mark.parametrize("size", [1, 40, 20_000])
def test_bz2_of_several_streams_is_read_whole_and_never_in_part(tmp_path: Path, size: int) -> None:
    rows = "".join(f"192.0.2.{n % 256}/32\t64496\n" for n in range(size)).encode()
    first, second = bz2.compress(b"2001:db8::/32\t64497\n" + rows), bz2.compress(rows)
    path = _file(tmp_path, "table.bz2", first + second)
    with Unpacked(path) as stream:
        assert stream.rest() == b"2001:db8::/32\t64497\n" + rows + rows
    damaged = bytes([second[0] ^ 1]) + second[1:]
    for tail in (damaged, second[:-1], second[:3], b"\0", b"rubbish behind it"):
        with pytest.raises(AtlasError, match="broken bz2"):
            build_atlas([_file(tmp_path, "table.bz2", first + tail)], [], at=DAY)


def test_a_text_that_memory_would_not_hold_is_refused(tmp_path: Path) -> None:
    row = b"192.0.2.0/24\t64496\n"
    packed = gzip.compress(row * (1 << 10)) * ((MOST_OF_TEXT >> 10) // len(row) + 1)
    with pytest.raises(AtlasError, match="unpacks to more than 256 MiB"):
        build_atlas([_file(tmp_path, "table.gz", packed)], [], at=DAY)


def test_several_tables_add_up(tmp_path: Path) -> None:
    one = _file(tmp_path, "one.dat", "192.0.2.0/24\t64496\n")
    two = _file(tmp_path, "two.csv", "prefix,asn,peers\n192.0.2.0/24,64497,1\n2001:db8::/32,64498,")
    three = _file(tmp_path, "three.dat", "192.0.2.0/24\t64497\n")
    assert _asns(tmp_path, one, two, three) == [64497, 64498]


def test_of_several_places_of_one_prefix_the_last_counts_and_it_is_said(tmp_path: Path) -> None:
    own = _file(tmp_path, "own.csv", "prefix,country\n192.0.2.0/24,XB\n")
    built = build_atlas([], [_file(tmp_path, "p.csv", _PLACES), own], at=DAY)
    assert opened(tmp_path, built).cover(parse_network("192.0.2.0/24")).countries == ("XB",)
    assert built.places == 1
    assert any("gave way" in note for note in built.notes)


def test_a_default_route_is_left_out_and_noted(tmp_path: Path) -> None:
    table = _file(tmp_path, "r.dat", "0.0.0.0/0\t64500\n::/0\t64500\n192.0.2.0/24\t64496\n")
    built = build_atlas([table], [], at=DAY)
    assert (built.prefixes_v4, built.prefixes_v6) == (1, 0)
    assert built.notes == ("r.dat: 2 default routes (/0) left out",)
    assert is_everything(parse_network("::ffff:0.0.0.0/96"))


def test_a_table_of_default_routes_only_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="has no routes"):
        build_atlas([_file(tmp_path, "r.dat", "0.0.0.0/0\t64500\n")], [], at=DAY)


def test_columns_that_are_not_used_are_named(tmp_path: Path) -> None:
    built = build_atlas(
        [], [_file(tmp_path, "p.csv", "prefix,country,contry\n192.0.2.0/24,XA,XB\n")], at=DAY
    )
    assert built.notes == ("p.csv: not used as geography: contry",)


def test_text_is_made_capitals_and_blanks_are_tidied(tmp_path: Path) -> None:
    table = _file(
        tmp_path, "p.csv", "prefix,country,region,city\n192.0.2.0/24,xa, Nord ,Ko\u00adln \n"
    )
    made = opened(tmp_path, build_atlas([], [table], at=DAY))
    interval = made.interval(parse_address("192.0.2.1"))
    assert (interval.country, interval.region, interval.city) == ("XA", "NORD", "KO LN")


def test_all_bad_lines_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    routes = _file(
        tmp_path,
        "r.csv",
        "prefix,asn,peers\n192.0.2.1/24,64496,1\nnonsense,64496,1\n192.0.2.0/24,0,1\n"
        "192.0.2.0/24,64496,-1\n192.0.2.0/24\n192.0.2.0/33,64496,\n\n192.0.2.0/24,4294967296,\n",
    )
    places = _file(tmp_path, "p.csv", 'prefix,country,naics\n"192.0.2.0/24",XAB,x\n1.2.3,XA,1\n')
    with pytest.raises(AtlasError) as caught:
        build_atlas([routes], [places], at=DAY)
    places_told = [(Path(one.where).name, one.line) for one in caught.value.problems]
    assert places_told == [
        ("p.csv", 2),
        ("p.csv", 3),
        *(("r.csv", line) for line in (2, 3, 4, 5, 6, 7, 9)),
    ]
    assert "192.0.2.0/24 was meant?" in str(caught.value)


def test_of_many_bad_lines_twenty_are_shown_and_all_counted(tmp_path: Path) -> None:
    table = _file(tmp_path, "r.dat", "192.0.2.0/24\t64496\n" + "192.0.2.0/24\tx\n" * 1000)
    with pytest.raises(AtlasError, match="1000 lines cannot be used") as caught:
        build_atlas([table], [], at=DAY)
    assert len(caught.value.problems) == 20


def test_one_bad_line_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(AtlasError) as caught:
        build_atlas([_file(tmp_path, "r.dat", "192.0.2.0/24\t64496\n192.0.2.0/24\n")], [], at=DAY)
    assert (Path(caught.value.where).name, caught.value.line) == ("r.dat", 2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no rows"),
        (b"; only comments\n\n", "has no rows"),
        (b"prefix,asn\n", "has no routes"),
        (b"\x00\x01binary", "is not text"),
        (b"BZh91AY", "broken bz2"),
        (b"network,asn\n192.0.2.0/24,64496\n", "no column prefix"),
        (b"network,name\n192.0.2.0/24,X\n", "neither"),
        (b"prefix,country\n192.0.2.0/24,XA\n", "no column asn"),
        (b"prefix,asn,asn\n192.0.2.0/24,1,2\n", "more than once"),
        (b'prefix,asn\n192.0.2.0/24,64496\n"192.0.2.0/24,64496\n', "is no CSV"),
        (b"prefix,asn,as_name\n192.0.2.0/24,64496,M\xfcller\n", "is no UTF-8"),
        (b"prefix,asn\n" + b"1" * 5000 + b",64496\n", "is not a prefix"),
        (gzip.compress(_ROUTES.encode(), mtime=0)[:-12], "broken gzip"),
        (gzip.compress(_ROUTES.encode(), mtime=0)[:20] + b"\xff" * 40, "broken gzip"),
    ],
)
def test_a_file_that_is_no_table_of_routes_is_refused(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(AtlasError, match=words) as caught:
        build_atlas([_file(tmp_path, "r.dat", content)], [], at=DAY)
    assert "r.dat" in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_geography_without_a_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="no column of places"):
        build_atlas([], [_file(tmp_path, "r.dat", _ROUTES)], at=DAY)


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match=r"absent\.dat: cannot be read"):
        build_atlas([tmp_path / "absent.dat"], [], at=DAY)


def test_no_files_at_all_are_an_error() -> None:
    with pytest.raises(AtlasError, match="needs routes or geography"):
        build_atlas([], [], at=DAY)


def test_a_moment_without_a_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        build_atlas([_file(tmp_path, "r.dat", _ROUTES)], [], at=DAY.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{broken", "is no JSON"),
        ("{}", "names no AS"),
        ("asn,name\n64496,X\n", "neither"),
        ('{"sixty": "X"}', "is no AS number"),
        ("asn,as_name\n64496\n", "a row of another width"),
        ('asn,as_name\n64496,"X\n', "is no CSV"),
    ],
)
def test_broken_names_are_refused(tmp_path: Path, content: str, words: str) -> None:
    routes, names = _file(tmp_path, "r.dat", _ROUTES), _file(tmp_path, "names", content)
    with pytest.raises(AtlasError, match=words):
        build_atlas([routes], [], at=DAY, names=[names])


def test_a_file_name_that_is_no_utf8_does_not_stop_the_build(tmp_path: Path) -> None:
    path = _file(tmp_path, "r\udcff.dat", _ROUTES)
    built = build_atlas([path], [], at=DAY)
    assert built.inputs[0][0] == "r?.dat"
    opened(tmp_path, built)
