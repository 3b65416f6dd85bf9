"""Events put aside in parts, so that each part can be grouped in little memory.

DuckDB groups in memory and gives up where the groups are far more than it may hold. What may be
one group lies in one part; the parts are scratch files, written in one pass and read one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin.engine.files import scratch_file

PART = "_part"

_LZ4 = pa.ipc.IpcWriteOptions(compression="lz4")


def write_parts(events: pa.RecordBatchReader, count: int, folder: Path) -> list[Path]:
    """Files of the events with equal numbers in the column PART, which are below `count`."""
    paths = [folder / f"part-{number}.arrows" for number in range(count)]
    with scratch_file(paths[0]), ExitStack() as open_files:
        writers = [
            open_files.enter_context(
                pa.ipc.new_stream(
                    open_files.enter_context(pa.OSFile(str(path), "wb")),
                    events.schema,
                    options=_LZ4,
                )
            )
            for path in paths
        ]
        for batch in events:
            _write(batch, writers)
    return paths


def _write(batch: pa.RecordBatch, writers: list[pa.ipc.RecordBatchStreamWriter]) -> None:
    numbers = batch.column(PART).to_numpy()
    order = np.argsort(numbers, kind="stable")
    edges = np.searchsorted(numbers[order], np.arange(len(writers) + 1)).tolist()
    by_part = batch.take(pa.array(order))
    for number, writer in enumerate(writers):
        first, last = edges[number], edges[number + 1]
        if first < last:
            writer.write_batch(by_part.slice(first, last - first))


@contextmanager
def part_reader(path: Path) -> Iterator[pa.RecordBatchReader]:
    """The events of one part."""
    with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as reader:
        yield reader
