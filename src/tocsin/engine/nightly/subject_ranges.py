"""The space of subjects cut into ranges that fit into memory: addresses first, names behind them.

What is said of a subject is said in one range, so that ranges can be worked on apart, and counts
of distinct subjects add up over them. The cuts follow from samples of where the subjects really
lie; wherever they fall, the results are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.engine.lake.parquet import row_count
from tocsin.engine.nightly.distinct import single
from tocsin.model.address import Flags, Ints, UInt64s

RANGE_ROWS = 1 << 20
"""About how many rows of all files together make a range. One subject is never cut."""

_SAMPLED = 1_024
"""Of so many rows one is looked at, of fewer where ranges are small."""

Place = tuple[int, int]
"""Where a subject lies: the upper and the lower 64 bits of its first address."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where ranges begin, but for the first of the addresses and the first of the names."""

    addresses: tuple[Place, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def ranges(self) -> int:
        """How many ranges there are; those of addresses have the lower numbers."""
        return len(self.addresses) + len(self.names) + 2

    def is_of_names(self, number: int) -> bool:
        """Whether a range is one of names, and of rows without any subject."""
        return number > len(self.addresses)

    def of_addresses(self, hi: UInt64s, lo: UInt64s) -> Ints:
        """The range of each address, `(n,)`."""
        his = np.array([upper for upper, _ in self.addresses], np.uint64)
        los = np.array([lower for _, lower in self.addresses], np.uint64)
        numbers: Ints = np.searchsorted(his, hi, side="right").astype(np.int64)
        for value in np.unique(his[los > 0]):
            first, last = np.searchsorted(his, value), np.searchsorted(his, value, side="right")
            rows = hi == value
            numbers[rows] = first + np.searchsorted(los[first:last], lo[rows], side="right")
        return numbers

    def of_names(self, names: pa.Array) -> Ints:
        """The range of each name, `(n,)`; of rows without one, the first that names have."""
        numbers = np.full(len(names), len(self.addresses) + 1, np.int64)
        for cut in self.names:
            beyond = pc.fill_null(pc.greater_equal(names, pa.scalar(cut, names.type)), False)
            numbers += beyond.to_numpy(zero_copy_only=False)
        return numbers

    def of_rows(self, hi: pa.Array, lo: pa.Array, names: pa.Array) -> Ints:
        """The range of each row: by its address, or by its name where it has none."""
        addressed: Flags = hi.is_valid().to_numpy(zero_copy_only=False)
        numbers = np.zeros(len(hi), np.int64)
        if addressed.any():
            numbers = self.of_addresses(numbers_of(hi), numbers_of(lo))
        others = np.flatnonzero(~addressed)
        if len(others):
            numbers[others] = self.of_names(names.take(pa.array(others)))
        return numbers


def numbers_of(column: pa.Array) -> UInt64s:
    """A column of unsigned numbers, zero where there is none."""
    numbers: UInt64s = pc.fill_null(column, 0).to_numpy(zero_copy_only=False).astype(np.uint64)
    return numbers


# --- where to cut -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SubjectFile:
    """A file of rows: its columns of subjects. `name`: "" if rows without address have no name."""

    path: Path
    hi: str
    lo: str
    name: str

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return row_count(self.path)


def cut_ranges(files: Iterable[SubjectFile], range_rows: int = RANGE_ROWS) -> Cuts:
    """Cut so that each range has about `range_rows` rows of the files together."""
    every = max(1, min(_SAMPLED, range_rows // 256))
    his, los, names = [np.zeros(0, np.uint64)], [np.zeros(0, np.uint64)], list[str]()
    for file in files:
        for hi, lo, name in _samples(file, every):
            his.append(hi)
            los.append(lo)
            names += name
    samples = max(1, range_rows // every)
    places = _place_cuts(np.concatenate(his), np.concatenate(los), samples)
    return Cuts(places, tuple(sorted(set(sorted(names)[samples::samples]) - {""})))


def _samples(file: SubjectFile, every: int) -> Iterator[tuple[UInt64s, UInt64s, list[str]]]:
    """Of each row group one subject of so many: the halves of addresses, and names."""
    with pq.ParquetFile(file.path) as stored:
        for group in range(stored.num_row_groups):
            rows = stored.read_row_group(group, columns=[file.hi, file.lo])
            hi, lo = single(rows.column(file.hi)), single(rows.column(file.lo))
            addressed = hi.is_valid().to_numpy(zero_copy_only=False)
            some = np.flatnonzero(addressed)[every // 2 :: every]
            names: list[str] = []
            if file.name and hi.null_count:
                said = single(stored.read_row_group(group, columns=[file.name]).column(file.name))
                names = _lower(said.filter(hi.is_null()).drop_null()[every // 2 :: every])
            yield numbers_of(hi)[some], numbers_of(lo)[some], names


def _lower(names: pa.Array) -> list[str]:
    lower: list[str] = pc.utf8_lower(names).to_pylist()
    return lower


def _place_cuts(hi: UInt64s, lo: UInt64s, samples: int) -> tuple[Place, ...]:
    order = np.lexsort((lo, hi))[samples::samples]
    cuts: set[Place] = set()
    before = 0
    for upper, lower in zip(hi[order].tolist(), lo[order].tolist(), strict=True):
        # The lower half is looked at only where the upper one does not tell ranges apart.
        cuts.add((upper, lower if upper == before else 0))
        before = upper
    return tuple(sorted(cuts))
