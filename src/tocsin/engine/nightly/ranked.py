"""Bringing rows into an order, when the place of each in it is known beforehand.

What rows are ordered by is little, so that their ranks are found in memory. The rows themselves
come in any order and go out piece by piece, each piece as soon as its last row is there: rows that
come nearly in order are held for a moment only. Where more wait than memory shall hold, they are
put aside in a file, and come back when their pieces go out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin.engine.files import scratch_file
from tocsin.engine.lake.parquet import ROW_GROUP
from tocsin.model.address import Ints

MOST_BYTES = 1 << 28
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
        if waiting.next < len(waiting.missing):
            raise RuntimeError(f"of {total} rows {int(waiting.missing.sum())} did not come")
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


@dataclass(frozen=True)
class _Table:
    """Rows with the column _RANK, in its order; `ranks` says it again."""

    rows: pa.Table
    ranks: Ints

    def of_piece(self, piece: int) -> pa.Table:
        """The rows of one piece, not copied."""
        first, last = np.searchsorted(self.ranks, [piece * ROW_GROUP, (piece + 1) * ROW_GROUP])
        return self.rows.slice(first, last - first)

    @cached_property
    def bytes(self) -> int:
        """What it takes, dictionaries among it."""
        size: int = self.rows.nbytes
        return size

    @property
    def last_piece(self) -> int:
        """The last piece that it has rows of."""
        return int(self.ranks[-1]) // ROW_GROUP


@dataclass
class _Waiting:
    """Rows that wait for others of their pieces.

    Every table is sorted alone, as it comes: what is taken from it then lies in the processor's
    cache. A piece is merged out of all of them when it goes out.
    """

    total: int
    folder: Path
    next: int = 0
    tables: list[_Table] = field(default_factory=list)
    runs: list[_Run] = field(default_factory=list)

    def __post_init__(self) -> None:
        bounds = np.append(np.arange(0, self.total, ROW_GROUP), self.total)
        self.missing = np.diff(bounds)

    def add(self, table: pa.Table, ranks: Ints) -> None:
        """Take rows."""
        if not table.num_rows:
            return
        if self.tables and sum(each.bytes for each in self.tables) + table.nbytes > MOST_BYTES:
            self._put_aside()
        self.missing -= np.bincount(ranks // ROW_GROUP, minlength=len(self.missing))
        rows = table.append_column(_RANK, pa.array(ranks, pa.int64()))
        if (np.diff(ranks) < 0).any():
            order = np.argsort(ranks)
            rows, ranks = rows.take(pa.array(order)), ranks[order]
        self.tables.append(_Table(rows, ranks))

    def complete(self) -> Iterator[pa.Table]:
        """The pieces that lack no row, as far as none is left out."""
        while self.next < len(self.missing) and not self.missing[self.next]:
            batches = [run.batch(self.next) for run in self.runs]
            parts = [pa.Table.from_batches([batch]) for batch in batches if batch is not None]
            parts += [each.of_piece(self.next) for each in self.tables]
            self.next += 1
            self.tables = [each for each in self.tables if each.last_piece >= self.next]
            yield _by_rank(one_piece([part for part in parts if part.num_rows]))

    def _put_aside(self) -> None:
        tables = _of_one_coding(self.tables)
        self.tables = []
        run = _Run(self.folder / f"run-{len(self.runs)}.arrow", self.next)
        with (
            scratch_file(run.path),
            pa.OSFile(str(run.path), "wb") as sink,
            pa.ipc.new_file(sink, tables[0].rows.schema, options=_LZ4) as writer,
        ):
            for piece in range(self.next, max(each.last_piece for each in tables) + 1):
                parts = [each.of_piece(piece) for each in tables]
                writer.write_batch(_batch(pa.concat_tables(parts)))
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


def _of_one_coding(tables: list[_Table]) -> list[_Table]:
    """The same rows, coded texts by the same dictionary in all: a file of batches has but one."""
    whole = pa.concat_tables(each.rows for each in tables).unify_dictionaries()
    ends = np.cumsum([len(each.ranks) for each in tables]).tolist()
    return [
        _Table(whole.slice(end - len(each.ranks), len(each.ranks)), each.ranks)
        for each, end in zip(tables, ends, strict=True)
    ]


def _batch(table: pa.Table) -> pa.RecordBatch:
    """A table as one batch, with or without rows; dictionaries stay as they are."""
    columns = [_one_chunk(table.column(name)) for name in table.column_names]
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
