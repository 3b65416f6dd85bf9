"""Rows that are too many for one run come back by rank, whatever piece has rows of which run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tocsin.engine.lake.parquet import ROW_GROUP
from tocsin.engine.nightly.ranked import RUN_ROWS, RankedRows

MANY = 2 * RUN_ROWS + 7


@pytest.mark.parametrize("scattered", [False, True], ids=["run by run", "scattered"])
def test_rows_of_several_runs_come_back_by_rank_with_their_codes(
    tmp_path: Path, *, scattered: bool
) -> None:
    # Run by run, most pieces have no row at all of some run.
    ranks = np.random.default_rng(1).permutation(MANY) if scattered else np.arange(MANY)
    ranked = RankedRows(tmp_path)
    for first in range(0, MANY, ROW_GROUP):
        inside = ranks[first : first + ROW_GROUP]
        # Every piece has a dictionary of its own, as when it is read from a file.
        words = pa.array([f"word {number % 13}" for number in inside.tolist()])
        said = {"rank": pa.array(inside), "word": words.dictionary_encode()}
        ranked.add(pa.table(said), inside)
    assert list(tmp_path.iterdir())
    first = 0
    for piece in ranked.pieces():
        numbers = piece.column("rank").to_pylist()
        assert numbers == list(range(first, min(first + ROW_GROUP, MANY)))
        assert piece.column("word").to_pylist() == [f"word {number % 13}" for number in numbers]
        first += len(numbers)
    assert first == MANY
    assert not list(tmp_path.iterdir())
