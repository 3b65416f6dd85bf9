"""Random addresses against pyasn on a full table of the Internet; skipped where there is none."""

from __future__ import annotations

import gzip
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import numpy as np
import pyasn
import pytest
from tests.engine.atlas.atlas_worlds import DAY, opened
from tests.fakes.shared_data import shared_data

from tocsin.engine.atlas import build_atlas
from tocsin.model.address import Addresses, parse_address

_ROUTING = shared_data() / "routing"
_V4, _V6 = _ROUTING / "ipasn_20140513.dat.gz", _ROUTING / "ipasn6_20151101.dat.gz"
_MANY = 10_000

pytestmark = pytest.mark.skipif(
    not (_V4.exists() and _V6.exists()), reason=f"no shared data at {_ROUTING}"
)


def _random(table: Path, many: int) -> list[str]:
    """Addresses anywhere; of IPv6 below prefixes of the table, since else none would be routed."""
    rng = np.random.default_rng(20140513)
    if table == _V4:
        return [str(IPv4Address(number)) for number in rng.integers(0, 1 << 32, many).tolist()]
    with gzip.open(table, "rt") as lines:
        firsts = [line.partition("/")[0] for line in lines if ":" in line.partition("/")[0]]
    firsts = [first for first in firsts if not first.startswith(";")]
    below = rng.integers(0, 1 << 62, many).tolist()
    chosen = rng.integers(0, len(firsts), many).tolist()
    return [
        str(IPv6Address(int(IPv6Address(firsts[row])) ^ (low << 18)))
        for row, low in zip(chosen, below, strict=True)
    ]


@pytest.mark.parametrize("table", [_V4, _V6], ids=["ipv4", "ipv6"])
def test_random_addresses_have_the_origin_that_pyasn_finds(tmp_path: Path, table: Path) -> None:
    plain = tmp_path / "table.dat"
    plain.write_bytes(gzip.decompress(table.read_bytes()))
    theirs = pyasn.pyasn(str(plain))
    atlas = opened(tmp_path, build_atlas([table], [], at=DAY))
    texts = _random(table, _MANY)
    found = atlas.locate(Addresses.from_ints(map(parse_address, texts))).asn.to_pylist()
    expected = [theirs.lookup(text)[0] for text in texts]
    assert found == expected
    assert None in found or table == _V6
    assert len(set(found)) > 1000
