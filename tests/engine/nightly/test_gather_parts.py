"""A unit that is grouped in parts gives the same file as one that is grouped at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from tests.cases import cases
from tests.engine.nightly import test_gather as unit

from tocsin.engine.lake.parquet import write_parquet
from tocsin.engine.lake.schema import record_schema
from tocsin.engine.nightly.gather import GatherInput, gather


@pytest.mark.parametrize("shared", [[], [unit.SHARED]], ids=["plain", "shared network"])
@settings(
    deadline=None,
    max_examples=cases(10),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(events=unit._events)
def test_the_number_of_parts_changes_no_byte(
    tmp_path: Path, shared: list[tuple[str, int]], events: list[unit.Row]
) -> None:
    kind = unit._type()
    files = []
    for number, rows in enumerate((events[::2], events[1::2])):
        table = pa.Table.from_pylist(rows, schema=record_schema(kind, unit.CATALOGUE))
        files.append(tmp_path / f"in{number}.parquet")
        write_parquet(table, files[-1])
    whole = GatherInput(kind, files, [], unit._at_noon, shared, "256MB", tmp_path / "scratch")
    account = gather(whole, tmp_path / "whole.parquet")
    in_parts = replace(whole, most_rows=3)
    assert gather(in_parts, tmp_path / "parts.parquet") == account
    assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not list((tmp_path / "scratch").iterdir())
