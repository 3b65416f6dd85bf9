"""Columns of text as codes into their distinct texts, and lines put together from such columns.

What is done to a cell (quoting it, say) is then done once a distinct text. Lines are joined by a
compiled loop where there are many, and by Arrow where there are so few that compiling would
take longer; the tests hold the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.nightly.distinct import single

COMPILED_FROM = 20_000
"""Rows from which on the compiled loop is used: importing it costs half a second."""

_NEVER_AGAIN = 2
"""Texts that come so many times a piece, or less, are not worth being told apart."""


@dataclass(frozen=True)
class Coded:
    """A column: `texts[codes]`, int32 `(n,)`; no text is null."""

    codes: NDArray[np.int32]
    texts: pa.LargeStringArray

    def plain(self) -> pa.LargeStringArray:
        """The texts one by one."""
        return self.texts.take(pa.array(self.codes))


def coded(
    values: pa.Array, written: Callable[[pa.Array], pa.Array], missing: str, *, distinct: bool
) -> Coded:
    """`written` of every value, and `missing` for nulls.

    `distinct`: whether values are worth being told apart; those that are coded already stay so.
    """
    if distinct and not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    if pa.types.is_dictionary(values.type):
        known, codes = values.dictionary, values.indices
    else:
        known, codes = values, pa.array(np.arange(len(values)), pa.int32())
        if values.null_count:
            known = values.drop_null()
            valid = values.is_valid().to_numpy(zero_copy_only=False)
            codes = pa.array(np.cumsum(valid) - 1, pa.int32(), mask=~valid)
    texts = pa.concat_arrays(
        [written(known).cast(pa.large_string()), pa.array([missing], pa.large_string())]
    )
    filled = pc.fill_null(codes, len(known)).to_numpy(zero_copy_only=False)
    return Coded(filled, texts)


def lines_of(columns: Sequence[Coded], rows: int) -> pa.LargeStringArray:
    """The cells of each row end to end."""
    if not columns:
        return pa.array([""] * rows, pa.large_string())
    if rows < COMPILED_FROM:
        return lines_by_arrow(columns)
    return _lines_compiled(columns)


def lines_by_arrow(columns: Sequence[Coded]) -> pa.LargeStringArray:
    """The plain way: every column written out, then joined."""
    nothing = pa.scalar("", pa.large_string())
    return pc.binary_join_element_wise(*(column.plain() for column in columns), nothing)


def _lines_compiled(columns: Sequence[Coded]) -> pa.LargeStringArray:
    from tocsin.engine.kernels.joined import joined  # noqa: PLC0415 - see COMPILED_FROM

    sizes = [len(column.texts) for column in columns]
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    texts = pa.concat_arrays([column.texts for column in columns])
    bounds, data = text_buffers(texts)
    codes = np.stack([column.codes for column in columns])
    out, ends = joined(codes, first, bounds, data)
    return pa.LargeStringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(out))


def text_buffers(texts: pa.LargeStringArray) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Bounds `(n + 1,)` and bytes of an array of large texts without nulls."""
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    content = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return bounds, content


def whole(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array, coded or not."""
    return single(column.unify_dictionaries()) if column.num_chunks > 1 else single(column)
