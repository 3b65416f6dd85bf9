"""Parquet as the lake writes it: the same table, the same bytes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.engine.files import atomic_path

ROW_GROUP = 122_880
"""Rows per row group; DuckDB works through Parquet in pieces of this size."""


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write whole or not at all; zstd, dictionaries, statistics."""
    with atomic_path(path) as temporary:
        pq.write_table(
            table, temporary, compression="zstd", compression_level=1, row_group_size=ROW_GROUP
        )


def read_parquet(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read one file, or some of its columns, into memory."""
    # ParquetFile rather than read_table: a folder such as `day=..` must not become a column.
    with pq.ParquetFile(path) as file:
        return file.read(columns=columns)
