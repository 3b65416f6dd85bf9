"""Where the space of subjects is cut, and that every row falls into one range."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.engine.lake.parquet import write_parquet
from tocsin.engine.nightly.subject_ranges import Cuts, Place, SubjectFile, cut_ranges
from tocsin.model.address import MASK_64

HALVES = st.sampled_from([0, 1, 2, 7, 1 << 63, MASK_64 - 1, MASK_64])
PLACES = st.tuples(HALVES, HALVES)
NAMES = st.sampled_from(["", "a", "b.example", "é", "z", "\U0001f600"])
ROWS = st.lists(PLACES | NAMES | st.none(), max_size=60)


def _columns(rows: Sequence[Place | str | None]) -> tuple[pa.Array, pa.Array, pa.Array]:
    places = [row if isinstance(row, tuple) else (None, None) for row in rows]
    hi, lo = (pa.array([place[half] for place in places], pa.uint64()) for half in (0, 1))
    return hi, lo, pa.array([row if isinstance(row, str) else None for row in rows], pa.string())


@settings(deadline=None)
@given(st.sets(PLACES), st.sets(NAMES), ROWS)
def test_every_row_falls_into_the_range_that_begins_last_before_it(
    places: set[Place], names: set[str], rows: list[Place | str | None]
) -> None:
    cuts = Cuts(tuple(sorted(places)), tuple(sorted(names - {""})))
    found = cuts.of_rows(*_columns(rows)).tolist()
    for row, number in zip(rows, found, strict=True):
        if isinstance(row, tuple):
            assert number == bisect_right(cuts.addresses, row)
        else:
            assert number == len(places) + 1 + (bisect_right(cuts.names, row) if row else 0)
        assert cuts.is_of_names(number) == (not isinstance(row, tuple))
        assert number < cuts.ranges


@given(ROWS, ROWS, st.integers(1, 9))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_range_has_more_rows_than_wanted_but_for_those_of_one_subject(
    tmp_path: Path, one: list[Place | str | None], two: list[Place | str | None], wanted: int
) -> None:
    files = []
    for number, rows in enumerate((one, two)):
        files.append(SubjectFile(tmp_path / f"{number}.parquet", "hi", "lo", "name"))
        write_parquet(
            pa.table(dict(zip(("hi", "lo", "name"), _columns(rows), strict=True))), files[-1].path
        )
    cuts = cut_ranges(files, wanted)
    everything = [row for row in (*one, *two) if row]
    numbers = cuts.of_rows(*_columns(everything))
    for number in np.unique(numbers).tolist():
        within = [row for row, its in zip(everything, numbers, strict=True) if its == number]
        # Where the upper half tells ranges apart, the lower is not looked at.
        subjects = {row[0] if isinstance(row, tuple) and row[0] else row for row in within}
        assert len(within) <= 2 * wanted or len(subjects) <= 2
