"""Reading a unit's lake files in today's columns, each row with its place in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tocsin.catalogue.entries import ReportType
from tocsin.engine.lake.parquet import CODED, coded_columns
from tocsin.engine.lake.schema import OWN, columns_schema
from tocsin.engine.nightly.distinct import single
from tocsin.model.address import Ints

ID = ("_id_hi", "_id_lo")
"""An event's id as two numbers, whose order is that of its bytes: DuckDB counts and compares
numbers without reserving memory for each of them, which it could not put aside."""

PLACE = "_place"
_FILE_SHIFT = 40
"""A place is the file's number, and behind it in 40 bits the row's number in the file."""


@dataclass(frozen=True)
class LakeRows:
    """The rows of one type's files: what an older file lacks is empty, old names are mapped."""

    report_type: ReportType
    files: Sequence[Path]

    @cached_property
    def fields(self) -> Mapping[str, pa.Field]:
        """The columns of today's records by name, their texts coded where that is best."""
        fields = [*OWN, *columns_schema(self.report_type)]
        return {
            field.name: field.with_type(CODED) if field.name in self._coded else field
            for field in fields
        }

    @cached_property
    def _coded(self) -> frozenset[str]:
        """Told by the largest file; it need not be right of the others, they are only slower."""
        if not self.files:
            return frozenset()
        coded = coded_columns(max(self.files, key=lambda file: file.stat().st_size))
        aliases = self.report_type.column_aliases
        return coded | {aliases[name] for name in coded if name in aliases}

    def schema(self, names: Sequence[str]) -> pa.Schema:
        """Those columns (`_id` as ID) and PLACE."""
        named = [self.fields[name] for name in names if name != "_id"]
        numbers = [(name, pa.uint64()) for name in ID if "_id" in names]
        return pa.schema([*named, *numbers, (PLACE, pa.int64())])

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """All rows, those columns (`_id` as ID) and PLACE."""
        schema = self.schema(names)
        for number in range(len(self.files)):
            for first, piece in self.pieces(number, names):
                begin = (number << _FILE_SHIFT) + first
                places = pa.array(np.arange(begin, begin + piece.num_rows), pa.int64())
                table = _with_numbers(piece).append_column(PLACE, places).cast(schema)
                yield from table.combine_chunks().to_batches()

    def reader(self, names: Sequence[str]) -> pa.RecordBatchReader:
        """The same for DuckDB, to be read once."""
        return pa.RecordBatchReader.from_batches(self.schema(names), self.batches(names))

    def pieces(self, number: int, names: Collection[str]) -> Iterator[tuple[int, pa.Table]]:
        """One file by row groups: the number of the first row, and its columns."""
        aliases = self.report_type.column_aliases
        path = self.files[number]
        footer = pq.read_metadata(path)
        present = set(footer.schema.to_arrow_schema().names)
        coded = sorted(self._coded & present)
        with pq.ParquetFile(path, metadata=footer, read_dictionary=coded) as file:
            sources = {name: _sources(name, present, aliases) for name in names}
            wanted = [name for each in sources.values() for name in each]
            first = 0
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                table = file.read_row_group(group, columns=wanted)
                columns = [
                    _column([table.column(each) for each in sources[name]], self.fields[name], rows)
                    for name in names
                ]
                yield first, pa.table(columns, names=list(names))
                first += rows

    def rows_at(
        self, places: Ints, ranks: Ints, number: int, names: Collection[str]
    ) -> Iterator[tuple[pa.Table, Ints]]:
        """Columns of the rows of one file at these places, ascending, with their ranks.

        Rows that are read together come by rank.
        """
        begin = np.int64(number << _FILE_SHIFT)
        for first, piece in self.pieces(number, names):
            edges = np.array([first, first + piece.num_rows]) + begin
            low, high = np.searchsorted(places, edges).tolist()
            if low < high:
                order = np.argsort(ranks[low:high])
                inside = (places[low:high] - begin - first)[order]
                yield piece.take(pa.array(inside)), ranks[low:high][order]


def id_numbers(ids: pa.FixedSizeBinaryArray) -> NDArray[np.uint64]:
    """Ids of 16 bytes as two numbers each, `(n, 2)`; none is null."""
    content = ids.buffers()[1]
    if not len(ids):
        return np.zeros((0, 2), np.uint64)
    words = np.frombuffer(content, ">u8", count=2 * len(ids), offset=16 * ids.offset)
    return words.astype(np.uint64).reshape(-1, 2)


def _with_numbers(piece: pa.Table) -> pa.Table:
    if "_id" not in piece.column_names:
        return piece
    numbers = id_numbers(single(piece.column("_id")))
    rest = piece.drop_columns(["_id"])
    for place, name in enumerate(ID):
        rest = rest.append_column(name, pa.array(np.ascontiguousarray(numbers[:, place])))
    return rest


def file_of(places: Ints) -> Ints:
    """The number of the file that each place lies in."""
    return places >> _FILE_SHIFT


def _sources(name: str, present: set[str], aliases: Mapping[str, str]) -> list[str]:
    """The columns of a file that today's column is read from: itself, then its older names."""
    older = sorted(
        old
        for old, new in aliases.items()
        # Our own columns are no older names of anything.
        if new == name and old in present and not old.startswith("_")
    )
    return [name, *older] if name in present else older


def _column(found: Sequence[pa.ChunkedArray], field: pa.Field, rows: int) -> pa.ChunkedArray:
    if not found:
        return pa.chunked_array([pa.nulls(rows, field.type)])
    if len(found) == 1:
        return _as(found[0], field.type)
    plain = pa.string() if field.type == CODED else field.type
    return _as(pc.coalesce(*(_as(each, plain) for each in found)), field.type)


def _as(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == kind:
        return column
    if kind == CODED:
        return column.cast(pa.string()).dictionary_encode()
    return column.cast(kind)
