"""Which AS stands before an origin in the paths of a prefix: read, kept, and looked up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.atlas.atlas_worlds import DAY, Host, Route, around, atlas, longest, opened
from tests.engine.atlas.mrt_writer import (
    CONFED_SEQUENCE,
    SEQUENCE,
    SET,
    Entry,
    Prefix,
    old_rib,
    peers,
    rib,
    sequence,
)

from tocsin.engine.atlas import Atlas, build_atlas, list_atlases, load_atlas, verify_atlas
from tocsin.engine.files import sha256_of
from tocsin.model.address import parse_address
from tocsin.model.errors import AtlasError

Paths = Sequence[tuple[int, Sequence[int]]]


def _dump(directory: Path, *records: bytes, name: str = "rib") -> Path:
    path = directory / name
    path.write_bytes(b"".join(records))
    return path


def _atlas(directory: Path, *records: bytes) -> Atlas:
    return opened(directory, build_atlas([_dump(directory, *records)], [], at=DAY))


def _before(directory: Path, *paths: Paths) -> tuple[int, ...]:
    """The neighbours of a prefix that peers see with such paths."""
    entries = [Entry(peer, path) for peer, path in enumerate(paths)]
    made = _atlas(directory, peers(64510, 64511), rib(Prefix("192.0.2.0/24", entries)))
    return made.neighbours(parse_address("192.0.2.9"))


@pytest.mark.parametrize(
    ("path", "before"),
    [
        (((SEQUENCE, [64510, 64500, 64496]),), (64500,)),
        (((SEQUENCE, [64510, 64500, 64496, 64496, 64496]),), (64500,)),
        (((SEQUENCE, [64510, 64496, 64500, 64496]),), (64500,)),
        (((SEQUENCE, [64496, 64496]),), ()),
        (((SEQUENCE, [64500]), (SEQUENCE, [64496])), (64500,)),
        (((SEQUENCE, [64510, 64500] + [64496] * 253), (SEQUENCE, [64496])), (64500,)),
        (((SEQUENCE, [64510, 64500]), (SET, [64496])), (64500,)),
        (((SEQUENCE, [64510, 64500]), (SET, [64496, 64497])), (64500,)),
        (((SEQUENCE, [64510, 64496]), (SET, [64496, 64497])), (64510,)),
        (((SET, [64500]), (SEQUENCE, [64496])), (64500,)),
        (((SET, [64496, 64500]), (SEQUENCE, [64496])), (64500,)),
        (((SEQUENCE, [64510]), (SET, [64500, 64501]), (SEQUENCE, [64496])), ()),
        (((SEQUENCE, [64510]), (CONFED_SEQUENCE, [64505]), (SEQUENCE, [64496])), (64510,)),
        (((SEQUENCE, [64510, 23456, 64496]),), ()),
        (((SEQUENCE, [64510, 0, 64496]),), ()),
        ((), ()),
    ],
)
def test_it_is_the_last_as_before_the_origin_that_is_another(
    tmp_path: Path, path: Paths, before: tuple[int, ...]
) -> None:
    assert _before(tmp_path, path) == before


def test_it_is_of_the_origin_that_is_shown(tmp_path: Path) -> None:
    seen = [sequence(64510, 64500, 64497), sequence(64509, 64499, 64496), sequence(64498, 64496)]
    assert _before(tmp_path, *seen) == (64498, 64499)


def test_dumps_of_the_old_form_tell_it_too(tmp_path: Path) -> None:
    made = _atlas(
        tmp_path,
        old_rib("192.0.2.0/24", 64510, sequence(64510, 64499, 64496)),
        old_rib("192.0.2.0/24", 64511, sequence(64511, 64496)),
        old_rib("198.51.100.0/25", 64510, sequence(64510, 23456), sequence(65_551)),
        old_rib("198.51.100.128/25", 64510, sequence(64510, 23456, 64496), sequence(65_551, 64496)),
        old_rib("203.0.113.0/25", 64510, sequence(64510, 23456, 64496)),
        old_rib("203.0.113.128/25", 64510, ()),
    )
    asked = ("192.0.2.1", "198.51.100.1", "198.51.100.129", "203.0.113.1", "203.0.113.129")
    assert [made.neighbours(parse_address(each)) for each in asked] == [
        (64499, 64511), (64510,), (65_551,), (), (),
    ]  # fmt: skip


def test_dumps_of_several_collectors_add_up_in_any_order(tmp_path: Path) -> None:
    files = [
        _dump(tmp_path, rib(Prefix("192.0.2.0/24", [Entry(0, sequence(n, 64496))])), name=f"rib{n}")
        for n in (64505, 64500, 64505 + 3)
    ]
    names = set()
    for number, order in enumerate((files, files[::-1])):
        folder = tmp_path / f"{number}"
        made = opened(folder, build_atlas(order, [], at=DAY))
        assert made.neighbours(parse_address("192.0.2.1")) == (64500, 64505, 64508)
        names.add(made.info.name)
    assert len(names) == 1


def test_routes_without_paths_keep_nothing_and_an_atlas_of_them_stays_what_it_was(
    tmp_path: Path,
) -> None:
    made = atlas(tmp_path, [Route("192.0.2.0/24", 64496)])
    assert made.neighbours(parse_address("192.0.2.1")) == ()
    assert not list((tmp_path / "kept" / made.info.name).glob("neighbour*"))
    assert made.info.name == "2026-11-22T000000Z-c9a3dbfb"


_SEEN = rib(Prefix("192.0.2.0/24", [Entry(0, sequence(64510, 64496))]))


def _kept(directory: Path) -> tuple[Path, str]:
    (info,) = list_atlases(directory / "kept")
    return directory / "kept", info.name


def test_the_same_dump_gives_the_same_bytes(tmp_path: Path) -> None:
    sums = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        _atlas(tmp_path / name, _SEEN)
        folder, atlas_name = _kept(tmp_path / name)
        sums.append({path.name: sha256_of(path) for path in (folder / atlas_name).iterdir()})
    assert sums[0] == sums[1]
    assert {"neighbour_set.npy", "neighbour_bounds.npy", "neighbours.npy"} <= sums[0].keys()


def test_other_neighbours_are_another_atlas(tmp_path: Path) -> None:
    other = rib(Prefix("192.0.2.0/24", [Entry(0, sequence(64509, 64496))]))
    (tmp_path / "other").mkdir()
    first, second = _atlas(tmp_path, _SEEN), _atlas(tmp_path / "other", other)
    assert first.info.name != second.info.name


@pytest.mark.parametrize(
    ("file", "values", "words"),
    [
        ("neighbour_set", [0, 9, 0, 0], "points outside"),
        ("neighbour_set", [0], "does not hold"),
        ("neighbour_bounds", [0, 9], "does not divide"),
        ("neighbour_bounds", [], "does not divide"),
        ("neighbour_bounds", [0, 2, 1], "do not ascend"),
    ],
)
def test_neighbours_that_do_not_fit_are_refused(
    tmp_path: Path, file: str, values: list[int], words: str
) -> None:
    _atlas(tmp_path, _SEEN)
    folder, name = _kept(tmp_path)
    path = folder / name / f"{file}.npy"
    held = np.load(path)
    np.save(path, np.array(values, held.dtype))
    label = folder / name / "atlas.json"
    said = json.loads(label.read_text())
    said["sizes"][path.name] = path.stat().st_size
    label.write_text(json.dumps(said))
    with pytest.raises(AtlasError, match=f"damaged.*{words}"):
        load_atlas(folder, name)


def test_a_changed_neighbour_is_found_by_verifying(tmp_path: Path) -> None:
    _atlas(tmp_path, _SEEN)
    folder, name = _kept(tmp_path)
    verify_atlas(folder, name)
    path = folder / name / "neighbours.npy"
    np.save(path, np.load(path) + np.uint32(1))
    load_atlas(folder, name)
    with pytest.raises(AtlasError, match="not the one it was"):
        verify_atlas(folder, name)


_ASNS = st.integers(64496, 64501)
_PATHS = st.lists(
    st.tuples(st.sampled_from([SET, SEQUENCE]), st.lists(_ASNS, min_size=1, max_size=4)),
    min_size=1,
    max_size=3,
)
_ENTRIES = st.lists(st.builds(Entry, st.integers(0, 9), _PATHS), min_size=1, max_size=6)
_PREFIXES = st.one_of(
    st.builds(
        lambda n, b: f"198.51.100.{n >> (32 - b) << (32 - b)}/{b}",
        st.integers(0, 255),
        st.integers(24, 32),
    ),
    st.builds(lambda n, b: f"2001:db8:{n:x}::/{b}", st.integers(0, 7), st.integers(48, 128)),
)


def _naive(host: Host, table: Sequence[Prefix]) -> set[int]:
    """The plainest reading: every path of the longest prefix, written out from its end."""
    best = longest(host, [said.prefix for said in table])
    if best is None:
        return set()
    seen: dict[int, list[set[int]]] = {}
    found: dict[int, set[int]] = {}
    for said in table:
        counted: dict[int, set[int]] = {}
        for entry in said.entries if ip_network(said.prefix) == best else ():
            steps: list[list[int]] = []
            for kind, numbers in entry.path:
                steps += [list(numbers)] if kind == SET else [[number] for number in numbers]
            for origin in steps.pop():
                left = [[n for n in step if n != origin] for step in steps]
                last = ([step for step in left if step] or [[]])[-1]
                found.setdefault(origin, set()).update(last if len(set(last)) == 1 else ())
                counted.setdefault(origin, set()).add(entry.peer)
        for origin, who in counted.items():
            seen.setdefault(origin, []).append(who)
    if not seen:
        return set()
    shown = min(seen, key=lambda origin: (-sum(map(len, seen[origin])), origin))
    return found[shown]


@given(st.lists(st.builds(Prefix, _PREFIXES, _ENTRIES), min_size=1, max_size=6), st.booleans())
@settings(max_examples=cases(40), deadline=None)
def test_neighbours_are_those_that_a_naive_reader_finds(
    tmp_path_factory: pytest.TempPathFactory, table: list[Prefix], numbered: bool
) -> None:
    made = _atlas(tmp_path_factory.mktemp("mrt"), *(rib(said, numbered=numbered) for said in table))
    for host in [*around([said.prefix for said in table]), ip_address("203.0.113.1")]:
        found = made.neighbours(parse_address(str(host)))
        assert list(found) == sorted(_naive(host, table)), host
