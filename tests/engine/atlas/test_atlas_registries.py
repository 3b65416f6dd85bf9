"""Which registry delegated an address, by the lists that the registries publish."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.atlas.atlas_worlds import DAY, Route, Spot, around, atlas, longest, opened

from tocsin.engine.atlas import Atlas, build_atlas, load_atlas, verify_atlas
from tocsin.engine.atlas.layout import REGISTRIES
from tocsin.model.address import parse_address
from tocsin.model.errors import AtlasError

_LIST = """\
2|arin|20261122|4|19830101|20261121|+0000
arin|XA|ipv4|192.0.2.0|192|20200101|allocated|x
RIPENCC|XA|ipv4|198.51.100.0|256|20200101|assigned|x
apnic|XB|ipv6|2001:db8::|32|20200101|allocated|x
example|XA|ipv4|203.0.113.0|128|20200101|allocated|x
lacnic|ZZ|ipv4|203.0.113.128|64|20200101|allocated|x
lacnic|XA|ipv4|203.0.113.192|64|20200101|reserved|x
"""


def _atlas(directory: Path, text: str, own: str = "") -> Atlas:
    listed, corrections = directory / "delegated", directory / "own.csv"
    listed.write_text(text)
    corrections.write_text(f"prefix,country\n{own}")
    files = [listed, corrections] if own else [listed]
    return opened(directory, build_atlas([], files, at=DAY))


@pytest.mark.parametrize(
    ("address", "registry"),
    [
        ("192.0.2.0", "arin"),
        ("192.0.2.191", "arin"),
        ("192.0.2.192", None),
        ("198.51.100.7", "ripencc"),
        ("2001:db8:1::1", "apnic"),
        ("2001:db9::1", None),
        ("203.0.113.1", None),
        ("203.0.113.129", None),
        ("203.0.113.200", None),
    ],
)
def test_it_is_the_one_in_whose_list_the_address_is(
    tmp_path: Path, address: str, registry: str | None
) -> None:
    assert _atlas(tmp_path, _LIST).registry(parse_address(address)) == registry


def test_places_of_others_change_nothing_of_it(tmp_path: Path) -> None:
    made = _atlas(tmp_path, _LIST, "198.51.100.0/24,XC\n198.51.100.8/29,XD\n192.0.2.192/26,XD\n")
    asked = ("198.51.100.1", "198.51.100.9", "192.0.2.200")
    found = [made.interval(parse_address(each)).country for each in asked]
    assert found == ["XC", "XD", "XD"]
    assert [made.registry(parse_address(each)) for each in asked] == ["ripencc", "ripencc", None]


def test_without_such_a_list_nothing_is_kept(tmp_path: Path) -> None:
    made = atlas(tmp_path, [Route("192.0.2.0/24", 64496)], [Spot("192.0.2.0/24", "XA")])
    assert made.registry(parse_address("192.0.2.1")) is None
    assert not (tmp_path / "kept" / made.info.name / "registry.npy").exists()


def test_a_changed_registry_is_found(tmp_path: Path) -> None:
    name = _atlas(tmp_path, _LIST).info.name
    path = tmp_path / "kept" / name / "registry.npy"
    array = np.load(path)
    array[array == REGISTRIES.index("arin") + 1] = REGISTRIES.index("apnic") + 1
    np.save(path, array)
    load_atlas(tmp_path / "kept", name)
    with pytest.raises(AtlasError, match="not the one it was"):
        verify_atlas(tmp_path / "kept", name)
    array[0] = len(REGISTRIES) + 1
    np.save(path, array)
    with pytest.raises(AtlasError, match="a registry that there is not"):
        load_atlas(tmp_path / "kept", name)


_PREFIXES = st.one_of(
    st.builds(
        lambda n, b: f"198.51.100.{n >> (32 - b) << (32 - b)}/{b}",
        st.integers(0, 255),
        st.integers(24, 32),
    ),
    st.builds(lambda n, b: f"2001:db8:{n:x}::/{b}", st.integers(1, 7), st.integers(48, 128)),
)


@given(st.dictionaries(_PREFIXES, st.sampled_from(REGISTRIES), min_size=1, max_size=6))
@settings(max_examples=cases(25), deadline=None)
def test_the_longest_delegation_counts(
    tmp_path_factory: pytest.TempPathFactory, said: dict[str, str]
) -> None:
    rows = ""
    for prefix, registry in said.items():
        first, _, length = prefix.partition("/")
        kind = "ipv6" if ":" in first else "ipv4"
        value = length if kind == "ipv6" else 1 << (32 - int(length))
        rows += f"{registry}|XA|{kind}|{first}|{value}|20200101|allocated|x\n"
    made = _atlas(tmp_path_factory.mktemp("lists"), rows)
    for host in [*around(list(said)), ip_address("203.0.113.1")]:
        best = longest(host, list(said))
        assert made.registry(parse_address(str(host))) == (said[str(best)] if best else None)
