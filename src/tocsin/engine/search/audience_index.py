"""Which numbers of audiences a list is in, and between which subjects its rows lie.

A unit's table of audiences may hold many thousands; reading it for each search would take longer
than the search. So it is turned around once, list by list, and kept in the home's cache. It may
be removed at any time: it is made again of the published files, which never change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.files import atomic_path
from tocsin.engine.lake.parquet import read_row_groups
from tocsin.engine.nightly.publish import SUBJECT, read_audiences
from tocsin.model.address import Ints, UInt64s

FORMAT = b"1"
"""Number of the form below; an index of another form is made anew."""

_BOUNDS = ("first_hi", "last_hi", "first_lo", "last_lo")
_MOST = np.uint64(2**64 - 1)
_making = Lock()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which values both halves of the subjects of some rows lie, ends included."""

    first_hi: int
    last_hi: int
    first_lo: int
    last_lo: int


@dataclass(frozen=True)
class AudienceIndex:
    """By list, ascending, `(lists,)`: where its numbers begin in `numbers`, and its bounds.

    starts: `(lists + 1,)`. bounds: `(4, lists)`, as in Bounds. A list of which a row has no
    subject in numbers is bounded by nothing.
    """

    lists: Ints
    starts: Ints
    numbers: NDArray[np.int32]
    bounds: UInt64s

    def numbers_of(self, wanted: Iterable[int]) -> list[int]:
        """The numbers of the audiences that one of these lists is in, ascending."""
        found = [self.numbers[self.starts[n] : self.starts[n + 1]] for n in self._places(wanted)]
        numbers: list[int] = np.unique(np.concatenate(found)).tolist() if found else []
        return numbers

    def bounds_of(self, wanted: Iterable[int]) -> Bounds | None:
        """Between which subjects all rows of these lists lie; None if no list has any."""
        places = self._places(wanted)
        if not places:
            return None
        first_hi, last_hi, first_lo, last_lo = self.bounds[:, places]
        return Bounds(
            int(first_hi.min()), int(last_hi.max()), int(first_lo.min()), int(last_lo.max())
        )

    def _places(self, wanted: Iterable[int]) -> list[int]:
        lists = np.array(sorted(wanted), np.int64)
        places = np.searchsorted(self.lists, lists)
        inside = places < len(self.lists)
        same: list[int] = [
            place
            for place, number in zip(places[inside].tolist(), lists[inside].tolist(), strict=True)
            if self.lists[place] == number
        ]
        return same

    @classmethod
    def of(cls, audiences: list[tuple[int, ...]], by_number: UInt64s) -> Self:
        """Turn a table of audiences around. by_number: the bounds of each audience's rows."""
        sizes = np.array([len(each) for each in audiences], np.int64)
        lists = np.fromiter(chain.from_iterable(audiences), np.int64, int(sizes.sum()))
        numbers = np.repeat(np.arange(len(audiences), dtype=np.int32), sizes)
        order = np.argsort(lists, kind="stable")
        own, starts = np.unique(lists[order], return_index=True)
        numbers = numbers[order]
        bounds = np.zeros((4, len(own)), np.uint64)
        if len(own):
            for row, least in enumerate((True, False, True, False)):
                merged = np.minimum if least else np.maximum
                bounds[row] = merged.reduceat(by_number[row][numbers], starts)
        return cls(own, np.append(starts, len(numbers)), numbers, bounds)


def audience_index(rows: Path, audiences: Path, kept: Path) -> AudienceIndex:
    """The index of a unit out of `kept`; made, and kept there, if it is not.

    RunError for a table of audiences of another format.
    """
    found = _read(kept)
    if found is not None:
        return found
    # One at a time: making takes memory, and threads would write to one temporary file.
    with _making:
        found = _read(kept)
        if found is None:
            found = _made(rows, audiences)
            _write(found, kept)
        return found


def _made(rows: Path, audiences: Path) -> AudienceIndex:
    said = read_audiences(audiences)
    bounds = np.zeros((4, len(said)), np.uint64)
    bounds[0::2] = _MOST
    for piece in read_row_groups(rows, ["_audience", *SUBJECT]):
        _widen(bounds, piece)
    return AudienceIndex.of(said, bounds)


def _widen(bounds: UInt64s, piece: pa.Table) -> None:
    numbers = piece.column("_audience").to_numpy()
    missing = pc.is_null(piece.column(SUBJECT[0])).to_numpy()
    for place, name in enumerate(SUBJECT):
        values = pc.fill_null(piece.column(name), 0).to_numpy().astype(np.uint64)
        np.minimum.at(bounds[2 * place], numbers, values)
        np.maximum.at(bounds[2 * place + 1], numbers, values)
    # Rows without a subject lie nowhere: their lists are not bounded.
    bounds[0::2, numbers[missing]] = 0
    bounds[1::2, numbers[missing]] = _MOST


def _write(index: AudienceIndex, path: Path) -> None:
    offsets = pa.array(index.starts, pa.int32())
    columns = {
        "list": pa.array(index.lists),
        "numbers": pa.ListArray.from_arrays(offsets, pa.array(index.numbers)),
        **{name: pa.array(index.bounds[place]) for place, name in enumerate(_BOUNDS)},
    }
    table = pa.table(columns).replace_schema_metadata({b"tocsin.format": FORMAT})
    with (
        atomic_path(path) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,
        pa.ipc.new_file(sink, table.schema) as writer,
    ):
        writer.write_table(table.combine_chunks())


def _read(path: Path) -> AudienceIndex | None:
    """What is kept; None if there is none, or none that can be read: it is made again."""
    try:
        with pa.OSFile(str(path), "rb") as source:
            table = pa.ipc.open_file(source).read_all().combine_chunks()
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    if (table.schema.metadata or {}).get(b"tocsin.format") != FORMAT:
        return None
    if not table.num_rows:
        return AudienceIndex.of([], np.zeros((4, 0), np.uint64))
    numbers = table.column("numbers").chunk(0)
    return AudienceIndex(
        table.column("list").to_numpy(),
        numbers.offsets.to_numpy().astype(np.int64),
        numbers.values.to_numpy(),
        np.stack([table.column(name).to_numpy() for name in _BOUNDS]),
    )
