"""Every source that ships, by its own example: what it says it takes goes in, and comes out."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.fakes.small_home import SmallHome

from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_files
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


def test_a_list_of_controllers_tells_nobody_for_the_sake_of_the_networks_domain(
    tmp_path: Path,
) -> None:
    """Nor is a controller as old as its first sighting: a list says what is so on its day."""
    small = SmallHome.make(tmp_path)
    said = EXAMPLES["period-cc2"]
    path = small.put(said["file"], said["content"].encode())
    small.collect(path, source="period-cc2", now=NOW, historical=True, switched_off=("reserved",))
    (file,) = small.home.lake.rglob("*.parquet")
    (row,) = pq.read_table(file).to_pylist()
    assert row["timestamp"] == dt.datetime(2014, 5, 1, tzinfo=row["timestamp"].tzinfo)
    assert row["first_seen"] == dt.datetime(2013, 10, 2, 10, tzinfo=row["first_seen"].tzinfo)
    assert not row.get("domain")
    assert json.loads(row["_extra"]) == {"network_domain": "EXAMPLE.NET"}
