"""Sorting rows that are too many for memory, when the place of each is known beforehand.

What rows are sorted by is little, so that their ranks are found in memory; the rows themselves
are brought into order by runs: so many rows as memory may hold are sorted and put aside, and
each piece of the result takes its rows out of every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin.engine.files import scratch_file
from tocsin.engine.lake.parquet import ROW_GROUP
from tocsin.model.address import Ints

RUN_ROWS = 4 * ROW_GROUP
RUN_BYTES = 1 << 28
"""A run is put aside when it has so many rows, or bytes."""

_RANK = "_rank"


class RankedRows:
    """Takes tables of one schema with the rank of each row, and gives the rows back by rank.

    Ranks are 0 to n - 1, each once. `folder` is written to only if one run cannot hold all.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._bytes = 0
        self._total = 0
        self._runs: list[Path] = []

    def add(self, table: pa.Table, ranks: Ints) -> None:
        """Take rows with their ranks, `(n,)`."""
        if self._waiting and (
            self._rows + table.num_rows > RUN_ROWS or self._bytes + table.nbytes > RUN_BYTES
        ):
            self._put_aside()
        self._waiting.append(table.append_column(_RANK, pa.array(ranks, pa.int64())))
        self._rows += table.num_rows
        self._bytes += table.nbytes
        self._total += table.num_rows

    def pieces(self) -> Iterator[pa.Table]:
        """The rows in the order of their ranks, ROW_GROUP at a time."""
        if not self._waiting:
            return
        if not self._runs:
            yield from self._of_memory()
            return
        self._put_aside()
        yield from self._of_runs()

    def _of_memory(self) -> Iterator[pa.Table]:
        rows, order = self._sorted_waiting()
        for start in range(0, len(order), ROW_GROUP):
            yield rows.take(pa.array(order[start : start + ROW_GROUP])).drop_columns([_RANK])

    def _sorted_waiting(self) -> tuple[pa.Table, Ints]:
        rows = one_piece(self._waiting)
        self._waiting, self._rows, self._bytes = [], 0, 0
        order: Ints = np.argsort(rows.column(_RANK).to_numpy())
        return rows, order

    def _put_aside(self) -> None:
        """Write what waits as a run: one batch for each piece of the result, empty or not."""
        rows, order = self._sorted_waiting()
        ranks = rows.column(_RANK).to_numpy()[order]
        path = self._folder / f"run-{len(self._runs)}.arrow"
        cuts = np.searchsorted(ranks, np.arange(0, int(ranks[-1]) + 1 + ROW_GROUP, ROW_GROUP))
        with (
            scratch_file(path),
            pa.OSFile(str(path), "wb") as sink,
            pa.ipc.new_file(sink, rows.schema, options=_LZ4) as writer,
        ):
            for first, last in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
                writer.write_batch(_batch(rows.take(pa.array(order[first:last]))))
        self._runs.append(path)

    def _of_runs(self) -> Iterator[pa.Table]:
        files = [pa.OSFile(str(path)) for path in self._runs]
        readers = [pa.ipc.open_file(file) for file in files]
        for number in range(-(-self._total // ROW_GROUP)):
            batches = [
                pa.Table.from_batches([reader.get_batch(number)])
                for reader in readers
                if number < reader.num_record_batches
            ]
            piece = one_piece([batch for batch in batches if batch.num_rows])
            order = np.argsort(piece.column(_RANK).to_numpy())
            yield piece.take(pa.array(order)).drop_columns([_RANK])
        for file, path in zip(files, self._runs, strict=True):
            file.close()
            path.unlink()


_LZ4 = pa.ipc.IpcWriteOptions(compression="lz4")


def one_piece(tables: list[pa.Table]) -> pa.Table:
    """Tables of one schema as one, its columns in as few chunks as they fit into."""
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _batch(table: pa.Table) -> pa.RecordBatch:
    """A table as one batch, with or without rows; dictionaries stay as they are."""
    columns = [_one_chunk(table.column(name)) for name in table.column_names]
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
