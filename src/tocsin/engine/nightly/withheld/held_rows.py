"""Rows on hold, written as they lie in the lake, so that a later night can take them from there.

One file for each day of the events: what a window still reaches is told by a file's day alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin.engine.lake.parquet import ROW_GROUP, write_pieces
from tocsin.engine.nightly.lake_rows import LakeRows, file_of
from tocsin.model.address import Ints

_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class HeldFile:
    """The rows on hold of one day."""

    day: dt.date
    path: Path
    rows: int


@dataclass(frozen=True)
class HeldRows:
    """Writes them. `schema`: of the type's records; `folder`: takes a file for each day."""

    lake: LakeRows
    schema: pa.Schema
    folder: Path

    def write(self, places: Ints, days: Ints) -> list[HeldFile]:
        """Write the rows at these places, with the days of their events (since 1970)."""
        found = []
        for number in np.unique(days).tolist():
            of_day = np.sort(places[days == number])
            day = _EPOCH + dt.timedelta(days=number)
            path = self.folder / f"{day.isoformat()}.parquet"
            rows = write_pieces(self._pieces(of_day), self.schema, path, store_schema=True)
            found.append(HeldFile(day, path, rows))
        return found

    def _pieces(self, places: Ints) -> Iterator[pa.Table]:
        waiting: list[pa.Table] = []
        count = 0
        for piece in self._rows(places):
            waiting.append(piece)
            count += piece.num_rows
            if count >= ROW_GROUP:
                yield pa.concat_tables(waiting).combine_chunks()
                waiting, count = [], 0
        if waiting:
            yield pa.concat_tables(waiting).combine_chunks()

    def _rows(self, places: Ints) -> Iterator[pa.Table]:
        """In the order of the lake's files and of the rows in them."""
        numbers = file_of(places)
        for number in np.unique(numbers).tolist():
            inside = places[numbers == number]
            ranks = np.arange(len(inside))
            for piece, _ in self.lake.rows_at(inside, ranks, number, self.schema.names):
                yield self._as_records(piece)

    def _as_records(self, piece: pa.Table) -> pa.Table:
        columns: Mapping[str, pa.ChunkedArray] = {
            field.name: piece.column(field.name).cast(field.type) for field in self.schema
        }
        return pa.table(columns, schema=self.schema)
