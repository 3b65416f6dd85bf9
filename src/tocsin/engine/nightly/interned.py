"""Values as numbers, so that grouping compares numbers: equal values, equal numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.address import Ints

_MISSING, _EMPTY = -2, -1


def is_interned(kind: pa.DataType) -> bool:
    """Whether `Interned` makes numbers of a column: of lists, and of texts that are coded."""
    return bool(pa.types.is_dictionary(kind) or pa.types.is_list(kind))


class Interned:
    """The numbers of one column's values, the same in every batch; order says nothing."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}

    def numbers(self, column: pa.Array) -> Ints:
        """A number for each row, `(n,)`; a missing value has one, too."""
        if pa.types.is_list(column.type):
            return self._of_lists(column)
        known = np.array([*map(self._number, column.dictionary.to_pylist()), _MISSING], np.int64)
        codes = pc.fill_null(column.indices, len(known) - 1).to_numpy(zero_copy_only=False)
        numbers: Ints = known[codes]
        return numbers

    def _number(self, value: object) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    def _of_lists(self, column: pa.ListArray) -> Ints:
        """A list of one member, as nearly all are, has its member's number."""
        lengths = pc.fill_null(pc.list_value_length(column), _MISSING)
        lengths = lengths.to_numpy(zero_copy_only=False).astype(np.int64)
        numbers: Ints = np.where(lengths == 0, _EMPTY, _MISSING).astype(np.int64)
        members = column.flatten().dictionary_encode()
        known = np.array([*map(self._number, members.dictionary.to_pylist()), _MISSING], np.int64)
        codes = pc.fill_null(members.indices, len(known) - 1).to_numpy(zero_copy_only=False)
        sizes = np.maximum(lengths, 0)
        begins = np.cumsum(sizes) - sizes
        alone = lengths == 1
        numbers[alone] = known[codes[begins[alone]]]
        for row in np.flatnonzero(lengths > 1).tolist():
            inside = codes[begins[row] : begins[row] + sizes[row]]
            numbers[row] = self._number(tuple(known[inside].tolist()))
        return numbers


Interning = Callable[[str, pa.Array], pa.Array]


def interning() -> Interning:
    """A function that makes numbers of a named column's values where `is_interned` says so."""
    columns: dict[str, Interned] = {}

    def intern(name: str, column: pa.Array) -> pa.Array:
        if not is_interned(column.type):
            return column
        return pa.array(columns.setdefault(name, Interned()).numbers(column))

    return intern
