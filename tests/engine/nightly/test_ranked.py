"""Rows come back by rank, whatever the order in which they came, in memory or put aside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tocsin.engine.lake.parquet import ROW_GROUP
from tocsin.engine.nightly import ranked
from tocsin.engine.nightly.ranked import ranked_rows
from tocsin.model.address import Ints

MANY = 9 * ROW_GROUP + 7
_ORDERS = {
    "in order": np.arange(MANY),
    "scattered": np.random.default_rng(1).permutation(MANY),
    "backwards": np.arange(MANY)[::-1].copy(),
    "second half first": np.roll(np.arange(MANY), MANY // 2),
}


def _tables(ranks: Ints) -> Iterator[tuple[pa.Table, Ints]]:
    for first in range(0, MANY, ROW_GROUP):
        inside = ranks[first : first + ROW_GROUP]
        # Every piece has a dictionary of its own, as when it is read from a file.
        words = pa.array([f"word {number % 13}" for number in inside.tolist()])
        yield pa.table({"rank": pa.array(inside), "word": words.dictionary_encode()}), inside


@pytest.mark.parametrize("order", list(_ORDERS))
@pytest.mark.parametrize("most_bytes", [1 << 22, 1 << 28], ids=["put aside", "in memory"])
def test_rows_come_back_by_rank_with_their_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str, most_bytes: int
) -> None:
    monkeypatch.setattr(ranked, "MOST_BYTES", most_bytes)
    first, aside = 0, 0
    for piece in ranked_rows(_tables(_ORDERS[order]), MANY, tmp_path):
        aside = max(aside, len(list(tmp_path.iterdir())))
        numbers = piece.column("rank").to_pylist()
        assert numbers == list(range(first, min(first + ROW_GROUP, MANY)))
        assert piece.column("word").to_pylist() == [f"word {number % 13}" for number in numbers]
        first += len(numbers)
    assert first == MANY
    assert bool(aside) == (order != "in order" and most_bytes == 1 << 22)
    assert not list(tmp_path.iterdir())


def test_no_rows_are_no_pieces(tmp_path: Path) -> None:
    assert not list(ranked_rows([], 0, tmp_path))
