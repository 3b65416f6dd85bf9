"""Dumps of real collectors, beside the library's own reading of them; skipped without them."""

from __future__ import annotations

import bz2
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

import pytest
from tests.engine.atlas.atlas_worlds import DAY
from tests.fakes.shared_data import shared_data

from tocsin.engine.atlas import build_atlas
from tocsin.engine.atlas.forms import open_given
from tocsin.engine.atlas.mrt import read_mrt
from tocsin.engine.atlas.rows import Routes
from tocsin.engine.atlas.tables import Complaints
from tocsin.model.address import MASK_64, Network, parse_network
from tocsin.model.errors import AtlasError

_ROUTING = shared_data() / "routing"
_CUT = ("rib.20140523.0600_firstMB.bz2", "rib6.20151101.0600_firstMB.bz2")
_SAMPLE = "bview.20140112.1600_3samples.bz2"

pytestmark = pytest.mark.skipif(
    not (_ROUTING / _SAMPLE).exists(), reason=f"no shared data at {_ROUTING}"
)

Counted = Counter[tuple[Network, int]]


def _whole_records(packed: Path, target: Path, most: int) -> Path:
    """What a cut archive still holds, up to its last whole record, or so many of them."""
    unpacked = bz2.BZ2Decompressor().decompress(packed.read_bytes())
    end = records = 0
    while records < most and end + 12 <= len(unpacked):
        length = int.from_bytes(unpacked[end + 8 : end + 12], "big")
        if end + 12 + length > len(unpacked):
            break
        end += 12 + length
        records += 1
    target.write_bytes(unpacked[:end])
    return target


def _ours(path: Path) -> Counted:
    routes, complaints = Routes(), Complaints()
    read_mrt(open_given(path), routes, complaints)
    complaints.raise_any()
    counted: Counted = Counter()
    columns = zip(routes.hi, routes.lo, routes.length, routes.asn, routes.peers, strict=True)
    for hi, lo, length, asn, peers in columns:
        counted[Network(hi << 64 | lo & MASK_64, length), asn] += peers
    return counted


def _theirs(path: Path) -> Counted:
    """The same with all that the library decodes, as a reader of its manual would write it."""
    # After ours, which undoes what loading it does to the process.
    from mrtparse import Reader  # noqa: PLC0415

    counted: Counted = Counter()
    for each in Reader(str(path)):
        assert not each.err, each.err_msg
        if "rib_entries" not in each.data or not each.data["length"]:
            continue
        network = parse_network(f"{each.data['prefix']}/{each.data['length']}")
        for entry in cast("Iterable[Mapping[str, object]]", each.data["rib_entries"]):
            for asn in _origins(entry):
                counted[network, asn] += 1
    return counted


def _origins(entry: Mapping[str, object]) -> set[int]:
    attributes = cast("Iterable[Mapping[str, object]]", entry["path_attributes"])
    (path,) = [each["value"] for each in attributes if 2 in cast("Mapping[int, str]", each["type"])]
    last = cast("list[Mapping[str, object]]", path)[-1]
    numbers = [int(number) for number in cast("Iterable[str]", last["value"])]
    return set(numbers if 1 in cast("Mapping[int, str]", last["type"]) else numbers[-1:])


@pytest.mark.parametrize("name", _CUT)
def test_what_a_real_dump_says_is_what_the_library_reads(tmp_path: Path, name: str) -> None:
    path = _whole_records(_ROUTING / name, tmp_path / "rib", most=1500)
    ours = _ours(path)
    assert ours == _theirs(path)
    assert len({network for network, _ in ours}) > 1000


def test_a_real_dump_that_was_cut_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="broken bz2"):
        build_atlas([_ROUTING / _CUT[0]], [], at=DAY)


def test_the_sample_of_three_is_read(tmp_path: Path) -> None:
    path = _ROUTING / _SAMPLE
    assert build_atlas([path], [], at=DAY).prefixes_v4 > 0
    assert _ours(path)
