"""Values as numbers, so that grouping compares numbers: equal values, equal numbers."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.engine.nightly.coded import codes_of
from tocsin.model.address import Ints

_MISSING, _EMPTY = -2, -1
_SEVERAL = -3
"""What numbers begin with, downwards, that stand for lists of several members."""

MOST_KEPT = 1 << 20
"""So many different values of a column are kept. Further ones are numbers by a hash of 61 bits,
keyed anew in every process, which nobody can find two equal ones for; to be taken for the same row
they would have to agree in all other keys as well."""

_HASHED, _HASH = 1 << 62, (1 << 61) - 1


def is_interned(kind: pa.DataType) -> bool:
    """Whether `Interned` makes numbers of a column: of lists, and of texts that are coded."""
    return bool(pa.types.is_dictionary(kind) or pa.types.is_list(kind))


class Interned:
    """The numbers of one column's values, the same in every batch; order says nothing."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._several: dict[tuple[int, ...], int] = {}
        self._salt = secrets.token_bytes(16)

    def numbers(self, column: pa.Array) -> Ints:
        """A number for each row, `(n,)`; a missing value has one, too."""
        if pa.types.is_list(column.type):
            return self._of_lists(column)
        return self._of_texts(column)

    def _of_texts(self, column: pa.DictionaryArray) -> Ints:
        known = [self._number(text) for text in column.dictionary.to_pylist()]
        numbers: Ints = np.array([*known, _MISSING], np.int64)[codes_of(column)]
        return numbers

    def _number(self, value: object) -> int:
        known = self._numbers.get(value)
        if known is not None:
            return known
        if len(self._numbers) >= MOST_KEPT:
            return _HASHED + (hash(value) & _HASH)
        return self._numbers.setdefault(value, len(self._numbers))

    def _of_lists(self, column: pa.ListArray) -> Ints:
        """A list of one member, as nearly all are, has its member's number."""
        lengths = pc.fill_null(pc.list_value_length(column), _MISSING)
        lengths = lengths.to_numpy(zero_copy_only=False).astype(np.int64)
        numbers: Ints = np.where(lengths == 0, _EMPTY, _MISSING).astype(np.int64)
        members = self._of_members(column.flatten())
        sizes = np.maximum(lengths, 0)
        begins = np.cumsum(sizes) - sizes
        alone = lengths == 1
        numbers[alone] = members[begins[alone]]
        for row in np.flatnonzero(lengths > 1).tolist():
            inside = tuple(members[begins[row] : begins[row] + sizes[row]].tolist())
            numbers[row] = self._number_of_several(inside)
        return numbers

    def _number_of_several(self, members: tuple[int, ...]) -> int:
        known = self._several.get(members)
        if known is None and len(self._several) >= MOST_KEPT:
            return -_HASHED - (hash((self._salt, members)) & _HASH)
        return _SEVERAL - self._several.setdefault(members, len(self._several))

    def _of_members(self, members: pa.Array) -> Ints:
        """Members that are numbers stand for themselves; none is missing, or negative."""
        if pa.types.is_integer(members.type):
            return np.asarray(members.to_numpy(), np.int64)
        return self._of_texts(members.dictionary_encode())


Interning = Callable[[str, pa.Array], pa.Array]


def interning() -> Interning:
    """A function that makes numbers of a named column's values where `is_interned` says so."""
    columns: dict[str, Interned] = {}

    def intern(name: str, column: pa.Array) -> pa.Array:
        if not is_interned(column.type):
            return column
        return pa.array(columns.setdefault(name, Interned()).numbers(column))

    return intern
