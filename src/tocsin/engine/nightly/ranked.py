"""Bringing rows into an order, when the place of each in it is known beforehand.

What rows are ordered by is little, so that their ranks are found in memory. The rows themselves
come in any order and go out piece by piece, each piece as soon as its last row is there: rows that
come nearly in order are held for a moment only. Where more wait than memory shall hold, they are
put aside in a file, and come back when their pieces go out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin.engine.files import scratch_file
from tocsin.engine.lake.parquet import ROW_GROUP
from tocsin.model.address import Ints

MOST_BYTES = 3 << 27
"""Rows that wait are put aside when they have so many bytes."""

_RANK = "_rank"


def ranked_rows(
    given: Iterable[tuple[pa.Table, Ints]], total: int, folder: Path
) -> Iterator[pa.Table]:
    """The rows of tables of one schema by rank, ROW_GROUP at a time.

    `given`: tables with the rank of each row, `(n,)`; ranks are 0 to `total - 1`, each once.
    `folder` is written to only if memory cannot hold what waits.
    """
    waiting = _Waiting(total, folder)
    try:
        for table, ranks in given:
            waiting.add(table, ranks)
            yield from waiting.complete()
    finally:
        waiting.close()


@dataclass
class _Run:
    """Rows put aside: a batch for each piece from `first` on, empty or not."""

    path: Path
    first: int
    file: pa.NativeFile | None = None
    reader: pa.ipc.RecordBatchFileReader | None = None

    def batch(self, piece: int) -> pa.RecordBatch | None:
        """The rows of a piece, None if there are none."""
        if self.reader is None:
            self.file = pa.OSFile(str(self.path))
            self.reader = pa.ipc.open_file(self.file)
        number = piece - self.first
        if not 0 <= number < self.reader.num_record_batches:
            return None
        found = self.reader.get_batch(number)
        return found if found.num_rows else None

    def close(self) -> None:
        """Remove the file."""
        if self.file is not None:
            self.file.close()
        self.path.unlink(missing_ok=True)


@dataclass
class _Waiting:
    """Rows by the piece that they belong to, in memory and in runs."""

    total: int
    folder: Path
    next: int = 0
    held: int = 0
    slices: dict[int, list[pa.Table]] = field(default_factory=dict)
    runs: list[_Run] = field(default_factory=list)

    def __post_init__(self) -> None:
        bounds = np.append(np.arange(0, self.total, ROW_GROUP), self.total)
        self.missing = np.diff(bounds).tolist()

    def add(self, table: pa.Table, ranks: Ints) -> None:
        """Take rows; those of one piece lie together in what is kept."""
        if self.held and self.held + table.nbytes > MOST_BYTES:
            self._put_aside()
        rows = table.append_column(_RANK, pa.array(ranks, pa.int64()))
        pieces = ranks // ROW_GROUP
        if (np.diff(pieces) < 0).any():
            order = np.argsort(pieces, kind="stable")
            rows, pieces = rows.take(pa.array(order)), pieces[order]
        found, begins = np.unique(pieces, return_index=True)
        ends = np.append(begins[1:], len(pieces))
        for piece, begin, end in zip(found.tolist(), begins.tolist(), ends.tolist(), strict=True):
            self.slices.setdefault(piece, []).append(rows.slice(begin, end - begin))
            self.missing[piece] -= end - begin
        self.held += rows.nbytes

    def complete(self) -> Iterator[pa.Table]:
        """The pieces that lack no row, as far as none is left out."""
        while self.next < len(self.missing) and not self.missing[self.next]:
            batches = [run.batch(self.next) for run in self.runs]
            aside = [pa.Table.from_batches([batch]) for batch in batches if batch is not None]
            in_memory = self.slices.pop(self.next, [])
            self.held -= sum(table.nbytes for table in in_memory)
            self.next += 1
            yield _by_rank(one_piece([*aside, *in_memory]))

    def _put_aside(self) -> None:
        places = sorted(self.slices)
        sizes = [sum(table.num_rows for table in self.slices[place]) for place in places]
        rows = one_piece([table for place in places for table in self.slices[place]])
        self.slices, self.held = {}, 0
        bounds = dict(
            zip(places, zip(np.cumsum([0, *sizes]).tolist(), sizes, strict=False), strict=True)
        )
        run = _Run(self.folder / f"run-{len(self.runs)}.arrow", self.next)
        with (
            scratch_file(run.path),
            pa.OSFile(str(run.path), "wb") as sink,
            pa.ipc.new_file(sink, rows.schema, options=_LZ4) as writer,
        ):
            for place in range(self.next, places[-1] + 1):
                begin, size = bounds.get(place, (0, 0))
                writer.write_batch(_batch(rows.slice(begin, size)))
        self.runs.append(run)

    def close(self) -> None:
        """Remove what was put aside."""
        for run in self.runs:
            run.close()


_LZ4 = pa.ipc.IpcWriteOptions(compression="lz4")


def _by_rank(rows: pa.Table) -> pa.Table:
    ranks = rows.column(_RANK).to_numpy()
    rows = rows.drop_columns([_RANK])
    if (np.diff(ranks) > 0).all():
        return rows
    return rows.take(pa.array(np.argsort(ranks)))


def one_piece(tables: list[pa.Table]) -> pa.Table:
    """Tables of one schema as one, its columns in as few chunks as they fit into."""
    if len(tables) == 1:
        return tables[0]
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _batch(table: pa.Table) -> pa.RecordBatch:
    """A table as one batch, with or without rows; dictionaries stay as they are."""
    columns = [_one_chunk(table.column(name)) for name in table.column_names]
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
