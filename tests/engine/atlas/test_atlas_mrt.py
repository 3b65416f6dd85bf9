"""Dumps of routing tables: who is an origin, how many peers see it, and what is no table."""

from __future__ import annotations

import bz2
import gzip
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.atlas.atlas_worlds import DAY, opened
from tests.engine.atlas.mrt_writer import (
    CONFED_SEQUENCE,
    SEQUENCE,
    SET,
    Entry,
    Prefix,
    old_rib,
    peers,
    record,
    rib,
    sequence,
    update,
)

from tocsin.engine.atlas import build_atlas
from tocsin.engine.atlas.build import BuiltAtlas
from tocsin.engine.atlas.forms import open_given
from tocsin.engine.atlas.mrt import read_mrt
from tocsin.engine.atlas.rows import Routes
from tocsin.engine.atlas.tables import Complaints
from tocsin.model.address import MASK_64, Network, parse_address, parse_network
from tocsin.model.errors import AtlasError

Found = dict[tuple[str, int], int]


def _dump(directory: Path, *records: bytes, name: str = "rib") -> Path:
    path = directory / name
    path.write_bytes(b"".join(records))
    return path


def _read(path: Path) -> tuple[Routes, Complaints, str]:
    routes, complaints = Routes(), Complaints()
    return routes, complaints, read_mrt(open_given(path), routes, complaints)


def _found(path: Path) -> Found:
    """Peers by (prefix, origin), added up."""
    routes, complaints, _ = _read(path)
    complaints.raise_any()
    found: Counter[tuple[str, int]] = Counter()
    columns = zip(routes.hi, routes.lo, routes.length, routes.asn, routes.peers, strict=True)
    for hi, lo, length, asn, count in columns:
        found[str(Network(hi << 64 | lo & MASK_64, length)), asn] += count
    return dict(found)


def _built(path: Path) -> BuiltAtlas:
    return build_atlas([path], [], at=DAY)


def test_each_origin_counts_the_peers_that_see_it(tmp_path: Path) -> None:
    path = _dump(
        tmp_path,
        peers(64510, 64511, 64509),
        rib(
            Prefix(
                "192.0.2.0/24",
                [
                    Entry(0, sequence(64510, 64500, 64496)),
                    Entry(1, sequence(64511, 64496)),
                    Entry(2, sequence(64509, 64497)),
                ],
            )
        ),
        rib(Prefix("2001:db8::/32", [Entry(0, sequence(64510, 64498), "2001:db8::1")])),
    )
    atlas = opened(tmp_path, _built(path))
    assert atlas.interval(parse_address("192.0.2.9")).origins == ((64496, 2), (64497, 1))
    assert atlas.interval(parse_address("2001:db8::9")).origins == ((64498, 1),)
    assert atlas.info.inputs[0].made == "2026-11-22"


@pytest.mark.parametrize(
    ("path", "origins"),
    [
        (((SEQUENCE, [64510, 64496]), (SET, [64497, 64498])), [64497, 64498]),
        (((SET, [64497]),), [64497]),
        (((SEQUENCE, [64510]), (SET, [64497]), (SEQUENCE, [64499])), [64499]),
        (((SEQUENCE, [64510, 64496]), (CONFED_SEQUENCE, [64505])), [64496]),
        (((SEQUENCE, [64510, 64496, 64496, 64496]),), [64496]),
        (((SEQUENCE, [64510] * 255), (SEQUENCE, [4_200_000_000])), [4_200_000_000]),
        ((), [64510]),
        (((CONFED_SEQUENCE, [64505]),), [64510]),
    ],
)
def test_the_origin_is_the_end_of_the_path(
    tmp_path: Path, path: Sequence[tuple[int, Sequence[int]]], origins: list[int]
) -> None:
    dump = _dump(tmp_path, peers(64510), rib(Prefix("192.0.2.0/24", [Entry(0, path)])))
    assert _found(dump) == {("192.0.2.0/24", origin): 1 for origin in origins}


def test_a_peer_with_several_paths_counts_once(tmp_path: Path) -> None:
    said = Prefix(
        "192.0.2.0/24",
        [Entry(0, sequence(64510, 64496), path_number=number) for number in (1, 2)]
        + [Entry(1, sequence(64511, 64496), path_number=1)],
    )
    assert _found(_dump(tmp_path, peers(64510, 64511), rib(said, numbered=True))) == {
        ("192.0.2.0/24", 64496): 2
    }


def test_an_ipv6_next_hop_of_an_ipv4_prefix_confuses_nobody(tmp_path: Path) -> None:
    said = Prefix(
        "192.0.2.0/24",
        [Entry(n, sequence(64510, 64496), "2001:db8::1") for n in (0, 1)]
        + [Entry(2, sequence(64509, 64497))],
    )
    assert _found(_dump(tmp_path, peers(64510, 64511, 64509), rib(said))) == {
        ("192.0.2.0/24", 64496): 2,
        ("192.0.2.0/24", 64497): 1,
    }


def test_bits_behind_the_length_of_a_prefix_mean_nothing(tmp_path: Path) -> None:
    said = Prefix("198.51.96.0/20", [Entry(0, sequence(64510, 64496))])
    assert _found(_dump(tmp_path, peers(64510), rib(said, host_bits=5))) == {
        ("198.51.96.0/20", 64496): 1
    }


def test_dumps_of_the_old_form_are_read(tmp_path: Path) -> None:
    path = _dump(
        tmp_path,
        old_rib("192.0.2.0/24", 64510, sequence(64510, 64496)),
        old_rib("192.0.2.0/24", 64511, sequence(64511, 64496)),
        old_rib("198.51.100.0/24", 64510, sequence(64510, 23456), sequence(64510, 65_551)),
        old_rib("203.0.113.0/24", 64510, ()),
        old_rib("2001:db8::/32", 64510, sequence(64510, 64498)),
    )
    assert _found(path) == {
        ("192.0.2.0/24", 64496): 2,
        ("198.51.100.0/24", 65_551): 1,
        ("203.0.113.0/24", 64510): 1,
        ("2001:db8::/32", 64498): 1,
    }


def test_what_says_nothing_of_an_owner_is_left_out_and_noted(tmp_path: Path) -> None:
    path = _dump(
        tmp_path,
        rib(Prefix("192.0.2.0/24", [Entry(0, sequence(64510, 64496)), Entry(1, ())])),
        rib(Prefix("0.0.0.0/0", [Entry(0, sequence(64510))])),
        rib(Prefix("::ffff:192.0.2.0/120", [Entry(0, sequence(64510, 64497))])),
        rib(Prefix("198.51.100.0/24", [Entry(0, sequence(64510, 0))])),
        record(13, 3, b"\x00" * 7),
        update(),
    )
    built = _built(path)
    assert (built.prefixes_v4, built.prefixes_v6) == (1, 0)
    assert set(built.notes) == {
        "rib: 1 entries without an origin AS left out",
        "rib: 1 default routes (/0) left out",
        "rib: 1 IPv4 prefixes written as IPv6 left out",
        "rib: 1 origins that are AS 0 left out",
        "rib: 1 records of TABLE_DUMP_V2 RIB_IPV4_MULTICAST left out",
        "rib: 1 records of BGP4MP left out",
    }


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([update(), update()], "2 of BGP4MP"),
        ([peers(64510)], "1 of TABLE_DUMP_V2 PEER_INDEX_TABLE"),
        ([peers(64510), rib(Prefix("192.0.2.0/24"))], "1 of TABLE_DUMP_V2 RIB_IPV4_UNICAST"),
    ],
)
def test_a_dump_that_yields_nothing_is_an_error_and_says_what_it_holds(
    tmp_path: Path, records: list[bytes], words: str
) -> None:
    with pytest.raises(AtlasError, match="holds no routing table") as caught:
        _built(_dump(tmp_path, *records))
    assert words in str(caught.value)


_WHOLE = [
    peers(64510),
    *(rib(Prefix(f"198.51.100.{n}/32", [Entry(0, sequence(64510, 64496))])) for n in range(250)),
]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_a_dump_may_be_packed(tmp_path: Path, pack: type[bytes]) -> None:
    path = tmp_path / "rib"
    path.write_bytes(pack(b"".join(_WHOLE)))
    assert _built(path).prefixes_v4 == 250


@pytest.mark.parametrize(
    ("pack", "words"), [(gzip.compress, "broken gzip"), (bz2.compress, "broken bz2")]
)
def test_a_packed_dump_that_is_cut_is_an_error(
    tmp_path: Path, pack: type[bytes], words: str
) -> None:
    path = tmp_path / "rib"
    path.write_bytes(pack(b"".join(_WHOLE))[:-20])
    with pytest.raises(AtlasError, match=words):
        _built(path)


@pytest.mark.parametrize("missing", [1, 5, 25, 40])
def test_a_dump_that_is_cut_within_a_record_is_an_error(tmp_path: Path, missing: int) -> None:
    with pytest.raises(AtlasError, match="record 251 cannot be read"):
        _built(_dump(tmp_path, b"".join(_WHOLE)[:-missing]))


def test_a_record_that_is_no_good_is_told_by_its_number(tmp_path: Path) -> None:
    good = rib(Prefix("192.0.2.0/24", [Entry(0, sequence(64510, 64496))]))
    body = good[12:]
    bad = [
        record(13, 2, body[:-3]),
        record(13, 2, body + b"\x00"),
        record(13, 2, b"\x00\x00\x00\x00\x40" + body[5:]),
        record(13, 2, b"\x00\x00"),
    ]
    with pytest.raises(AtlasError) as caught:
        _built(_dump(tmp_path, peers(64510), good, *bad, good))
    told = sorted(problem.what.partition(" cannot")[0] for problem in caught.value.problems)
    assert told == ["record 3", "record 4", "record 5", "record 6"]


def test_a_length_that_is_out_of_all_proportion_takes_no_memory(tmp_path: Path) -> None:
    good = rib(Prefix("192.0.2.0/24", [Entry(0, sequence(64510, 64496))]))
    huge = good[:8] + b"\xff\xff\xff\xff" + good[12:]
    with pytest.raises(AtlasError, match="is damaged"):
        _built(_dump(tmp_path, good, huge))


def test_reading_a_dump_leaves_the_handling_of_closed_pipes_alone(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGPIPE)
    _built(_dump(tmp_path, *_WHOLE))
    assert signal.getsignal(signal.SIGPIPE) == before
    assert before != signal.SIG_DFL


_ASNS = st.integers(64496, 64511)
_PATHS = st.lists(
    st.tuples(st.sampled_from([SET, SEQUENCE]), st.lists(_ASNS, min_size=1, max_size=4)),
    min_size=1,
    max_size=3,
)
_HOPS = st.sampled_from(["192.0.2.1", "2001:db8::1"])
_ENTRIES = st.lists(st.builds(Entry, st.integers(0, 9), _PATHS, _HOPS), max_size=8)
_PREFIXES = st.one_of(
    st.builds(lambda n, b: f"198.51.{n}.0/{b}", st.integers(0, 255), st.integers(24, 32)),
    st.builds(lambda n, b: f"2001:db8:{n:x}::/{b}", st.integers(0, 65535), st.integers(48, 128)),
)


@given(st.lists(st.builds(Prefix, _PREFIXES, _ENTRIES), min_size=1, max_size=6), st.booleans())
@settings(max_examples=cases(50), deadline=None)
def test_peers_of_origins_are_counted_as_a_naive_reader_would(
    tmp_path_factory: pytest.TempPathFactory, table: list[Prefix], numbered: bool
) -> None:
    naive: Counter[tuple[str, int]] = Counter()
    for said in table:
        pairs = set()
        for entry in said.entries:
            kind, numbers = entry.path[-1]
            pairs |= {(n, entry.peer) for n in (numbers if kind == SET else numbers[-1:])}
        naive.update((str(parse_network(said.prefix)), origin) for origin, _ in pairs)
    path = _dump(
        tmp_path_factory.mktemp("mrt"),
        peers(*range(64496, 64506)),
        *(rib(said, numbered=numbered) for said in table),
    )
    if not naive:
        with pytest.raises(AtlasError, match="holds no routing table"):
            _found(path)
    else:
        assert _found(path) == dict(naive)
