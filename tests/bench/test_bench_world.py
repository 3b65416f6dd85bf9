"""The made-up world is of the shape that was asked for, and the same each time it is made."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from bench.table import Figure
from bench.world.events import Events, events_of
from bench.world.ndjson import COLUMNS, write_ndjson
from bench.world.organisations import BY_ASN, BY_BOTH, BY_COUNTRY, BY_PREFIX, write_lists
from bench.world.places import write_places
from bench.world.routes import Routes, made_up, read_routes
from bench.world.scale import Scale
from bench.world.types import TYPES, write_catalogue

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.nightly.snapshot import read_snapshot

SCALE = Scale(40_000)


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Routes:
    path = tmp_path_factory.mktemp("routes") / "routes.dat"
    path.write_text("".join(f"{line}\n" for line in made_up(3_000, 200)), encoding="ascii")
    return read_routes(path)


@pytest.fixture(scope="module")
def parts(routes: Routes) -> list[Events]:
    return [events_of(SCALE, part, routes) for part in range(SCALE.parts)]


def test_a_day_has_as_many_events_as_were_asked_for(parts: list[Events]) -> None:
    assert sum(len(part) for part in parts) == SCALE.events
    assert len(parts) == 4


def test_one_event_in_twenty_is_ipv6(parts: list[Events]) -> None:
    v6 = sum(int((~part.source.is_v4).sum()) for part in parts)
    assert 0.04 < v6 / SCALE.events < 0.06


def test_a_third_of_the_events_repeat_a_row(parts: list[Events]) -> None:
    habits = np.concatenate([part.habit for part in parts])
    assert 0.30 < 1 - len(np.unique(habits)) / SCALE.events < 0.35


def test_files_are_the_same_each_time_and_have_twenty_columns(
    parts: list[Events], tmp_path: Path
) -> None:
    for name in ("a", "b"):
        write_ndjson(parts[1], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    lines = gzip.decompress((tmp_path / "a").read_bytes()).splitlines()
    whole = [set(json.loads(line)) for line in lines if line.endswith(b'"}')]
    assert len(lines) == len(parts[1])
    assert len(COLUMNS) == 20
    assert sum(keys == set(COLUMNS) for keys in whole) > 0.99 * len(lines)


def test_there_are_32_report_types_of_30_to_60_columns(tmp_path: Path) -> None:
    write_catalogue(tmp_path)
    catalogue = load_catalogue(tmp_path)
    sizes = [len(catalogue.report_types[name].columns) for name in TYPES]
    assert len(sizes) == 32
    assert (min(sizes), max(sizes)) == (30, 60)


def test_there_are_20_000_organisations_whose_lists_hold_no_mistake(
    routes: Routes, tmp_path: Path
) -> None:
    write_lists(routes, tmp_path / "lists.json")
    snapshot = read_snapshot(tmp_path / "lists.json", load_catalogue())
    assert BY_ASN + BY_PREFIX + BY_BOTH + BY_COUNTRY == 20_000
    assert len(snapshot.lists) == 20_000 + BY_BOTH


def test_places_lie_in_the_routed_space(routes: Routes, tmp_path: Path) -> None:
    ranges = write_places(routes, tmp_path / "places.csv")
    lines = (tmp_path / "places.csv").read_text("ascii").splitlines()
    assert len(lines) == ranges + 1
    assert len(set(lines)) == len(lines)


def test_a_figure_knows_whether_it_is_met() -> None:
    assert Figure("a", 2.4, 2.5, 1.5, "").met
    assert not Figure("a", 2.6, 2.5, 1.5, "").met
    assert Figure("a", 21.0, 5, 15, "", at_least=True).met
