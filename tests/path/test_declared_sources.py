"""Every source that ships, by its own example: what it says it takes goes in, and comes out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tests.fakes.small_home import SmallHome

from tocsin.catalogue.load import SHIPPED, load_files
from tocsin.engine.intake.ledger import Ledger

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
EXAMPLES = {
    name: said
    for name, said in load_files(SHIPPED, None).examples.items()
    if said.get("content") and name != "cowrie"
}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_example_of_a_source_goes_in_whole(tmp_path: Path, name: str) -> None:
    small = SmallHome.make(tmp_path)
    path = small.put(EXAMPLES[name]["file"], EXAMPLES[name]["content"].encode())
    collected = small.collect(
        path, source=name, now=NOW, historical=True, switched_off=("reserved",)
    )
    assert collected.refused == []
    ((piece,),) = (record.pieces for record in Ledger(small.home.ledger).records())
    assert piece.adds_up
    assert piece.rejected == {}
    assert set(piece.dropped) <= {"comment", "header"}
    assert piece.accepted >= 1
