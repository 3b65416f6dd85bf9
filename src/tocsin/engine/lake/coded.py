"""Columns of text as numbers into a dictionary, on their way into a file.

What says few things is taken out, filtered and written for a fraction of what texts cost. In the
file it is the same column of text, and is read as one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

CODED = pa.dictionary(pa.int32(), pa.string())
"""A column of text kept as numbers into a dictionary."""


def is_coded(kind: pa.DataType) -> bool:
    """Whether a column of this type is kept so."""
    return bool(pa.types.is_dictionary(kind))


def constant(text: str, rows: int) -> pa.DictionaryArray:
    """The same text in each row."""
    return by_codes(np.zeros(rows, np.int32), [text])


def by_codes(codes: NDArray[np.int32], texts: Sequence[str]) -> pa.DictionaryArray:
    """For each row the text of that number."""
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(texts, pa.string()))


def plain(column: pa.Array) -> pa.Array:
    """The column as texts, if it is coded."""
    return column.cast(pa.string()) if is_coded(column.type) else column


def compacted(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """The column with no text in its dictionary that no row has."""
    indices, many = column.indices, len(column.dictionary)
    codes = (indices.fill_null(many) if indices.null_count else indices).to_numpy()
    used = np.zeros(many + 1, np.bool_)
    used[codes] = True
    used = used[:many]
    if used.all():
        return column
    renumbered = np.append(np.cumsum(used, dtype=np.int32) - np.int32(1), np.int32(-1))[codes]
    absent = codes == many if indices.null_count else None
    dictionary = column.dictionary.filter(pa.array(used))
    return pa.DictionaryArray.from_arrays(pa.array(renumbered, mask=absent), dictionary)


def together(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of the same columns as one; a column stays coded if it is in all of them."""
    if len(tables) == 1:
        return tables[0]
    first = tables[0].schema
    if any(table.schema != first for table in tables):
        kept = [
            field.name
            for field in first
            if all(is_coded(table.schema.field(field.name).type) for table in tables)
        ]
        tables = [table.cast(as_texts(table.schema, kept)) for table in tables]
    return pa.concat_tables(tables).unify_dictionaries()


def as_texts(schema: pa.Schema, but: Sequence[str] = ()) -> pa.Schema:
    """The schema with all coded columns as texts, but for these."""
    fields = [
        field.with_type(pa.string()) if is_coded(field.type) and field.name not in but else field
        for field in schema
    ]
    return pa.schema(fields, metadata=schema.metadata)
