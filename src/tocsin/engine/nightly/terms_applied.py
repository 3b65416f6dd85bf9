"""What a row's terms hide: masked columns are emptied, the giver is shown as they want to be.

Everything that people see is made from rows that went through here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.catalogue.entries import LOCATED, ReportType
from tocsin.model.errors import RunError
from tocsin.model.terms import Credit, Terms

_CREDITED = ("public_source", "source")


def apply_terms(table: pa.Table, report_type: ReportType) -> pa.Table:
    """The rows as their terms allow them to be seen; same columns, same order.

    `table` has the type's columns, `_terms` and `_extra`. The subject's own column is never
    emptied: without it nobody could act on the row. RunError for a row without terms.
    """
    terms, numbers = _distinct_terms(table.column("_terms"))
    masked = [hidden_columns(each, report_type) for each in terms]
    for name in (name for name in report_type.column_names if any(name in each for each in masked)):
        hidden = np.array([name in each for each in masked], dtype=np.bool_)[numbers]
        table = _replaced(table, name, _emptied(table.column(name), hidden))
    extra = table.column("_extra")
    if any(masked) and extra.null_count < len(extra):
        table = _replaced(table, "_extra", _extras(extra, masked, numbers))
    credited = next((name for name in _CREDITED if report_type.column(name)), "")
    if credited:
        shown = _credits(table.column(credited), terms, numbers)
        table = _replaced(table, credited, shown)
    return table


def _distinct_terms(column: pa.ChunkedArray) -> tuple[list[Terms], NDArray[np.int64]]:
    """The different terms of the rows, and which of them each row has."""
    if column.null_count:
        raise RunError(
            f"{column.null_count} of the rows carry no terms, so nobody may see them",
            todo="collect their files again, and replay the day",
        )
    encoded = _one_array(column.dictionary_encode())
    terms = [Terms.from_text(text) for text in encoded.dictionary.to_pylist()]
    return terms, encoded.indices.to_numpy().astype(np.int64)


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    combined = column.unify_dictionaries().combine_chunks()
    if not isinstance(combined, pa.ChunkedArray):
        return combined
    return combined.chunk(0) if combined.num_chunks else pa.array([], column.type)


def hidden_columns(terms: Terms, report_type: ReportType) -> frozenset[str]:
    """The columns that the terms hide: those masked, and what tells where a masked address lies.

    A honeypot's network and city nearly name it. What belongs to the subject stays.
    """
    masked = terms.masked - {report_type.subject.column}
    beside = {
        name.removesuffix("ip") + place
        for name in masked & {*report_type.address_columns}
        if name.endswith("ip")
        for place in (*LOCATED, "hostname")
    }
    return masked | beside


def _replaced(table: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    position = table.column_names.index(name)
    return table.set_column(position, table.schema.field(position), values)


def _emptied(column: pa.ChunkedArray, where: NDArray[np.bool_]) -> pa.ChunkedArray:
    return pc.if_else(pa.array(where), pa.scalar(None, column.type), column)


def _credits(
    column: pa.ChunkedArray, terms: Sequence[Terms], numbers: NDArray[np.int64]
) -> pa.ChunkedArray:
    """Label or nothing in place of the name; a given name only where the source wrote none."""
    stated = pa.array([each.credit_text or None for each in terms], pa.string())
    stated = stated.take(pa.array(numbers))
    as_written = np.array([each.credit is Credit.NAME for each in terms], dtype=np.bool_)
    hidden = np.array([each.credit is Credit.HIDDEN for each in terms], dtype=np.bool_)
    stated = pc.if_else(pa.array(hidden[numbers]), pa.scalar(None, pa.string()), stated)
    return pc.if_else(pa.array(as_written[numbers]), pc.coalesce(column, stated), stated)


def _extras(
    column: pa.ChunkedArray, masked: Sequence[frozenset[str]], numbers: NDArray[np.int64]
) -> pa.ChunkedArray:
    """Cells without a column of their own are masked under their names as well."""
    texts = column.to_pylist()
    for row, text in enumerate(texts):
        names = masked[numbers[row]]
        if text is not None and names:
            texts[row] = _without(text, names)
    return pa.chunked_array([pa.array(texts, pa.string())])


def _without(text: str, masked: frozenset[str]) -> str | None:
    said = json.loads(text)
    kept = {name: value for name, value in said.items() if name not in masked}
    if len(kept) == len(said):
        return text
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if kept else None
