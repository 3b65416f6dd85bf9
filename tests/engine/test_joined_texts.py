"""Texts of several columns are joined row by row, and no row is lost."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.joined_texts import joined

cells = st.sampled_from([None, "", "a", "b c"])


@given(st.lists(st.tuples(cells, cells, cells), max_size=8), st.sampled_from(["", " ", ";"]))
def test_what_is_missing_is_left_out_and_a_row_without_any_stays(
    rows: list[tuple[str | None, ...]], between: str
) -> None:
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(3)]
    said = [[cell for cell in row if cell is not None] for row in rows]
    expected = [between.join(each) if each else None for each in said]
    assert joined(columns, between).to_pylist() == expected
