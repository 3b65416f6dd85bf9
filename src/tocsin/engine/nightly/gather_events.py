"""A unit's events as grouping sees them: the values that part them, as numbers where that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.nightly.gather_terms import TermsFound
from tocsin.engine.nightly.interned import interning, is_interned
from tocsin.engine.nightly.lake_rows import ID, LakeRows
from tocsin.model.address import Ints

Segments = Callable[[pa.Table], Ints]
"""Numbers spans of time, one a row; the table has the columns of `_TELLING`."""

OWNERSHIP = ("_origins", "_countries", "_domains")
_TELLING = (*OWNERSHIP, "_subject_hi", "_subject_lo", "_subject_len", "timestamp")

SEGMENT = "_segment"
RELEASE, WORD, BIT = "_release", "_word", "_bit"
"""Whom an event's terms release it to, by number, and the bit of the terms, in which mask."""


@dataclass(frozen=True)
class GroupingEvents:
    """Events with the columns `names` (`_id` as ID), and PLACE, SEGMENT, RELEASE, WORD, BIT.

    Columns in `keys` may come as numbers: they are compared, and not read.
    """

    lake: LakeRows
    names: Sequence[str]
    keys: Sequence[str]
    terms: TermsFound
    segments: Segments | None

    def reader(self) -> pa.RecordBatchReader:
        """All events, to be read once."""
        return pa.RecordBatchReader.from_batches(self._schema, self._batches())

    @property
    def _schema(self) -> pa.Schema:
        fields = [
            pa.field(field.name, pa.int64()) if self._is_number(field) else field
            for field in self.lake.schema(self.names)
        ]
        added = [pa.field(name, pa.int64()) for name in (SEGMENT, RELEASE, WORD, BIT)]
        return pa.schema([*fields, *added])

    def _is_number(self, field: pa.Field) -> bool:
        return field.name in self.keys and is_interned(field.type)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        intern, schema = interning(), self._schema
        telling = _TELLING if self.segments is not None else ()
        read = list(dict.fromkeys([*self.names, "_terms", *telling]))
        for batch in self.lake.batches(read):
            columns = {name: batch.column(name) for name in batch.schema.names}
            columns[SEGMENT] = self._segments(batch)
            columns |= self.terms.numbers(columns["_terms"])
            for name in self.keys:
                columns[name] = intern(name, columns[name])
            yield pa.record_batch([columns[name] for name in schema.names], schema=schema)

    def _segments(self, batch: pa.RecordBatch) -> pa.Array:
        if self.segments is None:
            return pa.array(np.zeros(batch.num_rows, np.int64))
        return pa.array(self.segments(pa.Table.from_batches([batch])), pa.int64())


@dataclass(frozen=True)
class UnitFacts:
    """What must be known of a unit before its events are grouped.

    `repeated`: the first halves of ids that several events have, `(n,)`. Hardly any two events
    agree in them that are not the same.
    """

    events: int
    repeated: NDArray[np.uint64]
    terms: TermsFound

    @classmethod
    def of(cls, lake: LakeRows) -> UnitFacts:
        """Found in one pass: opening a file takes longer than reading two columns of it."""
        halves = [np.zeros(0, np.uint64)]
        terms: set[str | None] = set()
        for batch in lake.batches(["_id", "_terms"]):
            halves.append(batch.column(ID[0]).to_numpy())
            column = batch.column("_terms")
            known = column.dictionary if pa.types.is_dictionary(column.type) else column.unique()
            terms.update(known.to_pylist())
        every = np.concatenate(halves)
        del halves
        every.sort()
        repeated = np.unique(every[1:][every[1:] == every[:-1]])
        return cls(len(every), repeated, TermsFound.of(terms))
