"""The registries' files of delegations tell whether two networks were given to one holder."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from tests.service.proven import facts

from tocsin.engine.home import Home
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.holder_files import Holders, file_id, held_rows
from tocsin.service.verification.same_holder import same_holder

ROWS = """\
2|ripencc|1764201600|8|19830705|20261126|+0100
ripencc|*|ipv4|*|4|summary
ripencc|XX|asn|64496|4|20100101|allocated|aaa-1
ripencc|XX|ipv4|192.0.2.0|256|20100101|allocated|aaa-1
ripencc|XX|ipv4|198.51.100.0|128|20100101|assigned|aaa-1
ripencc|XX|ipv4|198.51.100.128|128|20100101|assigned|aaa-1
ripencc|XX|ipv4|203.0.113.0|128|20100101|assigned|aaa-1
ripencc|XX|ipv4|203.0.113.128|128|20100101|assigned|bbb-2
ripencc|XX|ipv6|2001:db8::|32|20100101|allocated|aaa-1
ripencc||ipv4|192.0.0.0|256||available|
ripencc|XX|ipv4|nonsense|256|20100101|allocated|ccc-3
ripencc|XX|ipv6|2001:db8::|abc|20100101|allocated|ccc-3
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    folder = tmp_path / "maps" / "ripencc"
    folder.mkdir(parents=True)
    (folder / "delegated-ripencc-extended-latest").write_bytes(gzip.compress(ROWS.encode()))
    return Home(tmp_path)


@pytest.mark.parametrize(
    ("network", "range_", "expected"),
    [
        ("192.0.2.0/24", "192.0.2.0/24", "aaa-1"),
        ("192.0.2.0/26", "192.0.2.0 - 192.0.2.255", "aaa-1"),
        ("192.0.2.0/26", "192.0.2.0/26", ""),
        ("198.51.100.0/24", "198.51.100.0/24", "aaa-1"),
        ("203.0.113.0/24", "203.0.113.0/24", ""),
        ("203.0.113.0/25", "203.0.113.0/25", "aaa-1"),
        ("2001:db8::/40", "2001:db8::/32", "aaa-1"),
        ("2001:db8::/40", "2001:db8::/40", ""),
        ("192.0.0.0/24", "192.0.0.0/24", ""),
        ("192.0.2.0/24", "", ""),
        ("AS64496", "", "aaa-1"),
        ("AS64499", "", "aaa-1"),
        ("AS64500", "", ""),
        ("example.org", "", ""),
    ],
)
def test_what_is_wholly_one_holders_has_its_id(
    home: Home, network: str, range_: str, expected: str
) -> None:
    assert file_id(any_network(network), facts(range=range_), home) == expected


@pytest.mark.parametrize("registry", ["", "apnic", "../ripencc", "."])
def test_where_there_is_no_file_there_is_no_id(home: Home, registry: str) -> None:
    found = facts(range="192.0.2.0/24", registry=registry)
    assert file_id(any_network("192.0.2.0/24"), found, home) is None


def test_rows_that_cannot_be_read_are_passed_over() -> None:
    rows = list(held_rows(ROWS.splitlines()))
    assert len(rows) == 7
    assert Holders(rows).of_numbers((64497, 64498)) == "aaa-1"


def test_ids_of_the_file_decide_before_those_of_the_registrys_answers() -> None:
    one = replace(facts(), file_id="aaa-1")
    assert same_holder(one, replace(facts(holder_id="ORG-2"), file_id="aaa-1"))
    assert not same_holder(one, replace(facts(), file_id="bbb-2"))
    assert same_holder(one, facts())
    assert not same_holder(one, facts(holder_id="ORG-2"))
    assert not same_holder(facts(holder_id=""), facts(holder_id=""))
    assert not same_holder(facts(registry="arin"), facts())
    assert not same_holder(facts(registry="example"), facts(registry="example"))
