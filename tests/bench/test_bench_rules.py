"""The bench's rules put every event into exactly one report type, and their examples hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from bench.world.events import Events, events_of
from bench.world.many_rules import FEW, write_many_rules
from bench.world.many_rules import MANY as THREE_HUNDRED
from bench.world.routes import made_up, read_routes
from bench.world.rules import MANY, write_rules
from bench.world.scale import Scale
from bench.world.types import SOURCE, TYPES, write_catalogue

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.classify.compiled import rules_of
from tocsin.engine.classify.examples import failed_examples
from tocsin.engine.classify.verdicts import verdicts


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    folder = tmp_path_factory.mktemp("catalogue")
    write_catalogue(folder)
    write_rules(folder / "rules")
    return load_catalogue(folder)


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Events:
    path = tmp_path_factory.mktemp("routes") / "routes.dat"
    path.write_text("".join(f"{line}\n" for line in made_up(3_000, 200)), encoding="ascii")
    return events_of(Scale(40_000), 0, read_routes(path))


def test_there_are_sixty_and_their_examples_hold(catalogue: Catalogue) -> None:
    assert len(catalogue.rules_of(SOURCE)) == MANY == 60
    assert failed_examples(catalogue.rules) == ()


def test_ten_times_as_many_rules_take_the_same_events(tmp_path: Path, events: Events) -> None:
    said = {name: cells.cast(pa.string()) for name, cells in events.cells().items()}
    found, narrow = [], 0
    write_catalogue(tmp_path)
    (tmp_path / "rules").mkdir()
    for count in (FEW, THREE_HUNDRED):
        write_many_rules(tmp_path / "rules", count)
        loaded = load_catalogue(tmp_path)
        assert len(loaded.rules_of(SOURCE)) == count
        assert failed_examples(loaded.rules) == ()
        taken = verdicts(said, len(events), rules_of(loaded, SOURCE))
        found.append({each.outcome: each.rows.tolist() for each in taken})
        narrow = sum(int((each.rules < count - FEW).sum()) for each in taken)
    assert found[0] == found[1]
    assert narrow > 20


def test_every_event_has_exactly_one_type(catalogue: Catalogue, events: Events) -> None:
    said = {name: cells.cast(pa.string()) for name, cells in events.cells().items()}
    said["sensor"] = pa.array([f"sensor-{number:02}" for number in events.sensor.tolist()])
    found = verdicts(said, len(events), rules_of(catalogue, SOURCE))
    times = np.zeros(len(events), np.int64)
    for taken in found:
        times[taken.rows] += 1
    assert {taken.outcome for taken in found} == set(TYPES)
    assert (times == 1).all()
