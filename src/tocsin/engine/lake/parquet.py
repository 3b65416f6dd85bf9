"""Parquet as the lake writes it: the same table, the same bytes.

Columns of text in which few values come again and again are best kept as they lie in the file,
as numbers into a dictionary: reading, sorting and writing them then costs a fraction.
`coded_columns` tells which; a file that is written from such columns reads like any other.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.engine.files import atomic_path
from tocsin.engine.lake.coded import CODED, as_texts, is_coded

ROW_GROUP = 122_880
"""Rows per row group; DuckDB works through Parquet in pieces of this size."""

__all__ = [
    "CODED",
    "coded_columns",
    "read_parquet",
    "read_row_groups",
    "row_count",
    "write_parquet",
    "write_pieces",
]

_ARROW_SCHEMA = "ARROW:schema"

_SAMPLE, _NEARLY_ALL = 1_024, 0.97
"""Of so many first rows more than that share are different: a dictionary would be given up."""

_CODED_BYTES = 6
"""A column of text that takes no more bytes a row than this, uncompressed, says few things."""


_NEVER_REPEATED = ("_id", "_line", "_subject_hi", "_subject_lo", "_place", "_rank")
_RANDOM = ("_id",)
"""Columns that cannot be packed."""
_SEARCHED_BY = ["timestamp", "_subject_hi", "_subject_lo", "_subject_len"]
"""Columns by which readers leave out row groups. Statistics of all others cost a sixth of the
writing, and nobody reads them."""


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write whole or not at all; zstd, dictionaries, statistics. Coded columns are read as text."""
    if any(is_coded(field.type) for field in table.schema):
        _write_coded(table, path)
        return
    with atomic_path(path) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            compression_level=1,
            row_group_size=ROW_GROUP,
            use_dictionary=_repetitive(table.schema),
            write_statistics=_SEARCHED_BY,
        )


def _write_coded(table: pa.Table, path: Path) -> None:
    # What Arrow writes about a schema beside Parquet's own is that of the columns as texts.
    schema, little = as_texts(table.schema), _say_little(table)
    with (
        atomic_path(path) as temporary,
        _writer(temporary, table.schema, _repeated(table), not_packed=little) as writer,
    ):
        writer.write_table(table, row_group_size=ROW_GROUP)
        said = base64.b64encode(schema.serialize().to_pybytes()).decode()
        writer.add_key_value_metadata({_ARROW_SCHEMA: said})


def write_pieces(
    pieces: Iterable[pa.Table],
    schema: pa.Schema,
    path: Path,
    *,
    never_repeated: Collection[str] = _NEVER_REPEATED,
    searched_by: Sequence[str] = _SEARCHED_BY,
    store_schema: bool = False,
) -> int:
    """Write tables, a row group each, whole or not at all; returns the rows written.

    Text may come coded or plain, the same in every piece; it is read back as `schema` says.
    `never_repeated`: columns for which a dictionary would be in vain. `searched_by`: those by
    which readers leave out row groups. `store_schema`: for pieces that are all plain, so that
    the schema's metadata is kept.
    """

    def writer_of(kept: pa.Schema) -> pq.ParquetWriter:
        repetitive = _repetitive(kept, never_repeated)
        return _writer(temporary, kept, repetitive, searched_by, store_schema=store_schema)

    rows = 0
    with atomic_path(path) as temporary:
        writer: pq.ParquetWriter | None = None
        try:
            for piece in pieces:
                writer = writer or writer_of(piece.schema)
                writer.write_table(piece, row_group_size=ROW_GROUP)
                rows += piece.num_rows
            writer = writer or writer_of(schema)
        finally:
            if writer is not None:
                writer.close()
    return rows


def _writer(
    path: Path,
    schema: pa.Schema,
    repetitive: Sequence[str],
    searched_by: Sequence[str] = _SEARCHED_BY,
    *,
    store_schema: bool = False,
    not_packed: Collection[str] = (),
) -> pq.ParquetWriter:
    packed = [
        _stored_name(field)
        for field in schema
        if field.name not in not_packed and field.name not in _RANDOM
    ]
    # Parquet's own types say all of ours; Arrow's schema beside them would tell which columns
    # were coded when they were written, and readers would get them so.
    return pq.ParquetWriter(
        path,
        schema,
        compression=dict.fromkeys(packed, "zstd"),
        compression_level=dict.fromkeys(packed, 1),
        store_schema=store_schema,
        use_dictionary=[*repetitive],
        write_statistics=[*searched_by],
    )


def read_parquet(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read one file, or some of its columns, into memory."""
    # ParquetFile rather than read_table: a folder such as `day=..` must not become a column.
    with pq.ParquetFile(path) as file:
        return file.read(columns=columns)


def read_row_groups(
    path: Path, columns: Sequence[str] | None = None, coded: Collection[str] = ()
) -> Iterator[pa.Table]:
    """A file piece by piece, in the order of its rows, none empty; those in `coded` are CODED."""
    with pq.ParquetFile(path, read_dictionary=sorted(coded)) as file:
        wanted = None if columns is None else list(columns)
        for number in range(file.num_row_groups):
            piece = file.read_row_group(number, columns=wanted)
            # A table without rows is written as a row group without any.
            if piece.num_rows:
                yield piece.unify_dictionaries().combine_chunks()


def row_count(path: Path) -> int:
    """How many rows a file has."""
    rows: int = pq.read_metadata(path).num_rows
    return rows


def coded_columns(path: Path) -> frozenset[str]:
    """The columns of text that are best read as codes, told by the sizes in the file's footer."""
    with pq.ParquetFile(path) as file:
        names = [field.name for field in file.schema_arrow if field.type == pa.string()]
        sizes, values = np.zeros(file.metadata.num_columns), np.zeros(file.metadata.num_columns)
        places = {file.schema.column(n).path: n for n in range(file.metadata.num_columns)}
        for group in range(file.num_row_groups):
            said = file.metadata.row_group(group)
            for number in places.values():
                sizes[number] += said.column(number).total_uncompressed_size
                values[number] += said.num_rows
    return frozenset(
        name for name in names if sizes[places[name]] <= _CODED_BYTES * values[places[name]]
    )


def _stored_name(field: pa.Field) -> str:
    """How Parquet names a column."""
    return f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name


def _say_little(table: pa.Table) -> list[str]:
    """The columns that are empty, or the same in every row: packing takes longer than they do."""
    return [
        name
        for name in table.column_names
        if (column := table.column(name)).null_count == len(column)
        or (is_coded(column.type) and all(len(c.dictionary) <= 1 for c in column.chunks))
    ]


def _repeated(table: pa.Table) -> list[str]:
    """As `_repetitive`, told by the rows: without texts of which nearly each is another one."""
    return [
        _stored_name(field)
        for field in table.schema
        if field.name not in _NEVER_REPEATED
        and not (pa.types.is_string(field.type) and _hardly_repeats(table.column(field.name)))
    ]


def _hardly_repeats(column: pa.ChunkedArray) -> bool:
    sample = column.slice(0, _SAMPLE)
    return len(sample.unique()) > _NEARLY_ALL * len(sample)


def _repetitive(schema: pa.Schema, never_repeated: Collection[str] = _NEVER_REPEATED) -> list[str]:
    """The columns worth a dictionary, as Parquet names them.

    Where some columns of text come coded, the others have been found not to be worth it.
    """
    some_coded = any(pa.types.is_dictionary(field.type) for field in schema)
    return [
        _stored_name(field)
        for field in schema
        if field.name not in never_repeated and not (some_coded and pa.types.is_string(field.type))
    ]
