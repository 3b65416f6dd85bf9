"""What an atlas knows of addresses and AS numbers, by key and without."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.atlas.mrt_writer import Entry, Prefix, peers, rib, sequence
from tests.fakes.small_home import SmallHome
from tests.service.api_client import Program, made_key, program
from tests.service.desk import Desk
from tests.service.founded import founded

from tocsin.configuration.service import ApiRules
from tocsin.engine.atlas import build_atlas, save_atlas
from tocsin.engine.atlas.lookup import Atlas
from tocsin.model.address import parse_network
from tocsin.service import installation

EXAMPLE = {"asname_short": "EXAMPLE-AS", "asname_long": "EXAMPLE-AS Example Networks", "nic": ""}
AT = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
NONE = {"prefix": "", "asn": "", "asname_short": "", "asname_long": "", "geo": "", "nic": ""}


@pytest.fixture
def home(desk: Desk, tmp_path: Path) -> Iterator[SmallHome]:
    small = SmallHome.make(tmp_path)
    routes, names = tmp_path / "routes.csv", tmp_path / "names.csv"
    places = tmp_path / "places.csv"
    routes.write_text(
        "prefix,asn\n192.0.2.0/24,64496\n192.0.2.128/26,64496\n198.51.100.0/24,64497\n"
        "203.0.113.0/25,64496\n2001:db8::/32,64496\n"
    )
    places.write_text("prefix,country,region,city\n192.0.2.0/24,XA,NORTH,ALPHA\n")
    names.write_text("asn,as_name\n64496,EXAMPLE-AS Example Networks\n")
    built = build_atlas([routes], [places], names=[names], at=AT)
    save_atlas(built, small.home.atlases, force=True)
    with override_settings(TOCSIN_HOME=small.home):
        small.home.service.mkdir(exist_ok=True)
        yield small


@pytest.fixture
def who(home: SmallHome) -> Program:
    return program(made_key(founded("alpha", "AS64496")))


def test_whose_an_address_is(who: Program) -> None:
    for name in ("net/asn", "research/asn"):
        assert who.get(name, origin="192.0.2.130,2001:db8::1, 203.0.113.200") == [
            {"ip": "192.0.2.130", "prefix": "192.0.2.128/26", "asn": 64496, "geo": "XA", **EXAMPLE},
            {"ip": "2001:db8::1", "prefix": "2001:db8::/32", "asn": 64496, "geo": "", **EXAMPLE},
            {"ip": "203.0.113.200", **NONE},
        ]


def test_what_an_as_announces_and_is_called(who: Program) -> None:
    found = who.get("net/asn", prefix="64496")
    assert [each["prefix"] for each in found] == [
        "192.0.2.0/24", "192.0.2.128/26", "203.0.113.0/25",
    ]  # fmt: skip
    assert found[0] == {"prefix": "192.0.2.0/24", "asn": 64496, "geo": "XA", **EXAMPLE}
    six = who.get("net/asn", prefix=64496, v6=True)
    assert [each["prefix"] for each in six] == ["2001:db8::/32"]
    assert who.get("net/asn", query="AS64496") == [{"asn": 64496, "geo": "", **EXAMPLE}]
    assert who.get("net/asn", prefix="64511") == []


def test_maps_without_paths_know_no_peers(who: Program) -> None:
    (origin,) = who.get("net/asn", origin="192.0.2.130")
    assert who.get("net/asn", peer="192.0.2.130") == [{**origin, "peer": []}]


def test_who_stands_before_the_origin_of_an_address(home: SmallHome, tmp_path: Path) -> None:
    dump = tmp_path / "rib"
    said = [sequence(64510, 64509, 64496, 64496), sequence(64505, 64496), sequence(64496)]
    entries = [Entry(peer, path) for peer, path in enumerate(said)]
    dump.write_bytes(peers(64510, 64505, 64496) + rib(Prefix("192.0.2.0/24", entries)))
    built = build_atlas([dump], [], at=AT + dt.timedelta(hours=1))
    save_atlas(built, home.home.atlases, force=True)
    for name in ("net/asn", "research/asn"):
        got = Client().get(f"/api2/{name}", {"peer": "192.0.2.130, 203.0.113.1"}).json()
        assert [(each["ip"], each["prefix"], each["asn"], each["peer"]) for each in got] == [
            ("192.0.2.130", "192.0.2.0/24", 64496, [64505, 64509]),
            ("203.0.113.1", "", "", []),
        ]


def test_the_registry_is_told_where_its_list_is_among_the_maps(
    home: SmallHome, tmp_path: Path
) -> None:
    routes, delegated = tmp_path / "routes.csv", tmp_path / "delegated"
    delegated.write_text("ripencc|XA|ipv4|192.0.2.0|256|20200101|allocated|x\n")
    built = build_atlas([routes], [delegated], at=AT + dt.timedelta(hours=1))
    save_atlas(built, home.home.atlases, force=True)

    def registries(**fields: str) -> list[str]:
        return [each["nic"] for each in Client().get("/net/asn", fields).json()]

    assert registries(origin="192.0.2.1,198.51.100.1") == ["ripencc", ""]
    assert registries(peer="192.0.2.1") == ["ripencc"]
    assert registries(prefix="64496") == ["ripencc", "ripencc", ""]
    assert registries(query="64496") == [""]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "exactly one of"),
        ({"origin": "192.0.2.1", "query": "64496"}, "exactly one of"),
        ({"origin": "192.0.2.1", "peer": "192.0.2.1"}, "exactly one of"),
        ({"origin": "nonsense"}, "'origin': 'nonsense' is no address"),
        ({"peer": "nonsense"}, "'peer': 'nonsense' is no address"),
        ({"prefix": "x"}, "no AS number"),
        ({"query": "6" * 11}, "no AS number"),
        ({"origin": ",".join(["192.0.2.1"] * 501)}, "no text"),
        ({"origin": ["192.0.2.1,192.0.2.2"] * 251}, "more than 500"),
    ],
)
def test_what_cannot_be_answered_is_told(who: Program, fields: dict[str, Any], words: str) -> None:
    status, said = who.error("net/asn", **fields)
    assert status == 400
    assert words in said


def test_it_is_asked_by_get_and_without_a_key(home: SmallHome) -> None:
    for place in ("/net/asn", "/api2/net/asn", "/api2/research/asn"):
        (found,) = Client().get(place, {"origin": "192.0.2.1"}).json()
        assert found["asn"] == 64496
    assert len(Client().get("/net/asn", {"prefix": "64496", "v6": ""}).json()) == 1
    assert Client().get("/net/asn?origin=%ff%00").status_code == 400
    assert Client().post("/net/asn").status_code == 405


def test_who_calls_without_a_key_is_limited_by_address(desk: Desk, home: SmallHome) -> None:
    few = installation.configuration().model_copy(update={"api": ApiRules(public_per_minute=2)})
    place = "/net/asn?origin=192.0.2.1"
    with override_settings(TOCSIN_CONFIGURATION=few):
        assert [Client().get(place).status_code for _ in range(3)] == [200, 200, 429]
        assert Client(REMOTE_ADDR="192.0.2.77").get(place).status_code == 200
    none = installation.configuration().model_copy(update={"api": ApiRules(public_per_minute=0)})
    with override_settings(TOCSIN_CONFIGURATION=none):
        assert Client().get(place).status_code == 404


def test_without_an_atlas_it_is_said(desk: Desk) -> None:
    installation.home().service.mkdir(exist_ok=True)
    got = Client().get("/net/asn?origin=192.0.2.1")
    assert (got.status_code, got.json()) == (
        503,
        {"error": "there is no map of the address space here yet"},
    )


_PREFIXES = st.tuples(st.integers(0, 255), st.integers(24, 32)).map(
    lambda each: f"192.0.2.{each[0] & ~((1 << (32 - each[1])) - 1)}/{each[1]}"
)


@given(st.dictionaries(_PREFIXES, st.sampled_from([64496, 64497]), min_size=1, max_size=8))
def test_what_is_announced_is_all_that_holds_somewhere(
    tmp_path_factory: pytest.TempPathFactory, routes: dict[str, int]
) -> None:
    """Against the plainest reading: the longest prefix of each single address."""
    file = tmp_path_factory.mktemp("routes") / "routes.csv"
    file.write_text("prefix,asn\n" + "".join(f"{p},{asn}\n" for p, asn in routes.items()))
    built = build_atlas([file], [], at=AT)
    atlas = Atlas(None, built.layout)  # type: ignore[arg-type] # its label is not looked at
    networks = {parse_network(p): asn for p, asn in routes.items()}
    base = parse_network("192.0.2.0/24").first
    for asn in (64496, 64497):
        best = set()
        for address in range(base, base + 256):
            holding = [each for each in networks if each.first <= address <= each.last]
            longest = max(holding, key=lambda each: each.length, default=None)
            if longest is not None and networks[longest] == asn:
                best.add(longest)
        found = list(atlas.announced(asn, 4))
        assert set(found) == best
        assert len(found) == len(best)
        assert list(atlas.announced(asn, 6)) == []
