"""Columns of numbers in terms of their distinct rows, so that Python sees each of them once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.model.address import Ints


def distinct_rows(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Of columns `(n,)`: the first row of each distinct combination, and every row's number of it.

    Numbers follow the order of the combinations, not of the rows.
    """
    codes: Ints = np.zeros(len(columns[0]), np.int64)
    values = 1
    for column in columns if len(codes) else ():
        least = int(column.min())
        span = int(column.max()) - least + 1
        if values * span > _MOST_CODES:
            # Made dense: the product of two dense codes fits 63 bits.
            known, codes = np.unique(codes, return_inverse=True)
            values = len(known)
        if values * span > _MOST_CODES:
            known, inner = np.unique(column, return_inverse=True)
            codes, values = codes * len(known) + inner, values * len(known)
        else:
            codes, values = codes * span + (column - least), values * span
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    return first.astype(np.int64), inverse.astype(np.int64)


_MOST_CODES = (1 << 63) - 1


def one_array(table: pa.Table, name: str) -> pa.Array:
    """A column of a table as a single array."""
    return single(table.column(name))


def single(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as a single array."""
    if isinstance(column, pa.Array):
        return column
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def encoded(values: pa.Array) -> tuple[list[object], Ints]:
    """The distinct values, None last, and the number of each row's value among them."""
    dictionary = values.dictionary_encode()
    known = dictionary.dictionary.to_pylist()
    codes: Ints = pc.fill_null(dictionary.indices, len(known)).to_numpy(zero_copy_only=False)
    return [*known, None], codes.astype(np.int64)


def numbers_of_lists(
    lists: pa.Array, number_of: Callable[[object], int], union: Callable[[Sequence[int]], int]
) -> Ints:
    """A number for each row of a column of lists; 0 for a row without members, or without meaning.

    `number_of` is asked once per distinct member (None among them), `union` once per distinct
    set of two or more numbers other than 0.
    """
    known, codes = encoded(lists.flatten())
    of_member = np.array([number_of(member) for member in known], np.int64)
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    numbers, ends = of_member[codes], np.cumsum(lengths)
    result: Ints = np.zeros(len(lists), np.int64)
    alone = lengths == 1
    result[alone] = numbers[ends[alone] - 1]
    several = np.flatnonzero(lengths > 1)
    if len(several):
        of_row = np.repeat(np.arange(len(lists), dtype=np.int64), lengths)
        inside = np.repeat(lengths > 1, lengths)
        united_numbers = united(len(lists), of_row[inside], numbers[inside], union)
        result[several] = united_numbers[several]
    return result


def united(length: int, rows: Ints, numbers: Ints, union: Callable[[Sequence[int]], int]) -> Ints:
    """Of pairs of a row, below `length`, and a number: the union of each row's numbers, or 0."""
    result: Ints = np.zeros(length, np.int64)
    rows, numbers = rows[numbers != 0], numbers[numbers != 0]
    order = np.lexsort((numbers, rows))
    rows, numbers = rows[order], numbers[order]
    fresh: NDArray[np.bool_] = np.ones(len(rows), np.bool_)
    fresh[1:] = (rows[1:] != rows[:-1]) | (numbers[1:] != numbers[:-1])
    rows, numbers = rows[fresh], numbers[fresh]
    counts = np.bincount(rows, minlength=length)
    for width in np.unique(counts[counts > 0]).tolist():
        members = numbers[counts[rows] == width].reshape(-1, width)
        result[counts == width] = _united_rows(members, union)
    return result


def _united_rows(members: Ints, union: Callable[[Sequence[int]], int]) -> Ints:
    if members.shape[1] == 1:
        return members[:, 0]
    sets, inverse = np.unique(members, axis=0, return_inverse=True)
    united = np.array([union(each) for each in sets.tolist()], np.int64)
    return united[inverse.reshape(-1)]
