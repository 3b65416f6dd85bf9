"""The rows of one range of subjects, of all units, and which of them are of one subject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.engine.nightly.distinct import one_array
from tocsin.engine.nightly.spread import DEALT, UnitRows, read_batch
from tocsin.engine.nightly.subject_ranges import numbers_of
from tocsin.model.address import Flags, Ints

Parts = Sequence[tuple[UnitRows, Path]]
"""Unit and file of each part that was dealt out, the parts of a unit together."""


@dataclass(frozen=True)
class RangeRows:
    """`rows`: a table of DEALT. `units`: whose they are, with first and behind last row."""

    rows: pa.Table
    units: tuple[tuple[UnitRows, int, int], ...]

    @classmethod
    def read(cls, parts: Parts, number: int) -> RangeRows:
        """One range's rows of all parts."""
        batches = [(unit, read_batch(path, number)) for unit, path in parts]
        rows = pa.Table.from_batches([batch for _, batch in batches], DEALT)
        return cls(rows.unify_dictionaries().combine_chunks(), tuple(_bounds(batches)))


def _bounds(
    batches: Sequence[tuple[UnitRows, pa.RecordBatch]],
) -> Iterator[tuple[UnitRows, int, int]]:
    first = 0
    for unit, same in groupby(batches, lambda each: each[0]):
        last = first + sum(batch.num_rows for _, batch in same)
        yield unit, first, last
        first = last


def subject_codes(subjects: pa.Table) -> Ints:
    """The number of each row's subject in their order, from 0; -1 for a row without one; `(n,)`.

    `subjects`: columns `hi`, `lo`, `length` and `name` of rows of one range: all of addresses
    and prefixes, or all of names.
    """
    hi = one_array(subjects, "hi")
    if not hi.null_count:
        halves = [numbers_of(one_array(subjects, name)) for name in ("hi", "lo", "length")]
        return _ranks([half for half in halves if len(half) and np.any(half != half[0])], len(hi))
    names = one_array(subjects, "name").dictionary_encode()
    return np.append(text_ranks(names.dictionary), -1)[indices_of(names, -1)]


def _ranks(columns: Sequence[np.ndarray[tuple[int], np.dtype[np.uint64]]], rows: int) -> Ints:
    """Dense ranks of rows by several columns, the first of the greatest weight."""
    ranks: Ints = np.zeros(rows, np.int64)
    if not columns:
        return ranks
    # Stable, since that is quick where rows come in sorted runs, as those of each unit do.
    order = (
        np.argsort(columns[0], kind="stable") if len(columns) == 1 else np.lexsort(columns[::-1])
    )
    fresh: Flags = np.zeros(rows, np.bool_)
    for column in columns:
        ordered = column[order]
        fresh[1:] |= ordered[1:] != ordered[:-1]
    ranks[order] = np.cumsum(fresh)
    return ranks


def text_ranks(texts: pa.Array) -> Ints:
    """The rank of each of distinct texts."""
    order = pc.sort_indices(texts).to_numpy()
    ranks: Ints = np.empty(len(texts), np.int64)
    ranks[order] = np.arange(len(texts))
    return ranks


def indices_of(coded: pa.DictionaryArray, missing: int) -> Ints:
    """The codes of a coded column as numbers, `missing` where there is no text."""
    numbers: Ints = pc.fill_null(coded.indices.cast(pa.int64()), missing).to_numpy()
    return numbers
