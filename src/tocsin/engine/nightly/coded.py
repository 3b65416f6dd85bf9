"""Columns of text as codes into their distinct texts, and lines put together from such columns.

What is done to a text (doubling its quotes, say) is then done once a distinct text. Lines are
joined by a compiled loop where there are many, and by Arrow where there are so few that compiling
would take longer; the tests hold the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.nightly.distinct import single
from tocsin.model.address import Ints

COMPILED_FROM = 20_000
"""Rows from which on the compiled loop is used: importing it costs half a second."""

ROOM = 16
"""So many bytes more than the texts have: what the compiled loop reads, and writes, beyond."""


@dataclass(frozen=True)
class Coded:
    """A column of cells: `texts[codes]`, int32 `(n,)`; there is no text where the code is -1.

    `quoted`: whether a text that there is stands between quotes. `end`: one character, or none,
    that ends every cell, with a text or without.
    """

    codes: NDArray[np.int32]
    texts: pa.LargeStringArray
    quoted: bool = False
    end: str = ""

    def rows(self, places: Ints) -> Coded:
        """The cells at those places."""
        return Coded(self.codes[places], self.texts, self.quoted, self.end)

    def plain(self) -> pa.LargeStringArray:
        """The cells one by one."""
        found = self.texts.take(pa.array(self.codes, mask=self.codes < 0))
        quote = _large('"' if self.quoted else "")
        cells = pc.binary_join_element_wise(quote, found, quote, _large(""))
        return pc.binary_join_element_wise(pc.fill_null(cells, ""), _large(self.end), _large(""))


def coded(
    values: pa.Array,
    written: Callable[[pa.Array], pa.Array],
    *,
    distinct: bool,
    quoted: bool = False,
    end: str = "",
) -> Coded:
    """A column of cells with `written` of every value, and nothing for nulls.

    `distinct`: whether values are worth being told apart; those that are coded already stay so.
    """
    if distinct and not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    if pa.types.is_dictionary(values.type):
        known, codes = values.dictionary, codes_of(values)
    else:
        known, codes = values.drop_null(), _running(values)
    return Coded(codes, written(known).cast(pa.large_string()), quoted, end)


def codes_of(values: pa.DictionaryArray) -> NDArray[np.int32]:
    """The numbers of coded values, int32 `(n,)`, -1 for nulls."""
    indices = values.indices
    numbers = np.frombuffer(indices.buffers()[1], np.int32)
    numbers = numbers[indices.offset : indices.offset + len(indices)]
    if not indices.null_count:
        return numbers
    # By hand: Arrow's own filling of nulls takes eight times as long.
    valid = indices.is_valid().to_numpy(zero_copy_only=False)
    filled: NDArray[np.int32] = np.where(valid, numbers, np.int32(-1))
    return filled


def _running(values: pa.Array) -> NDArray[np.int32]:
    """The place of each value among those that are not null, -1 for nulls."""
    if not values.null_count:
        return np.arange(len(values), dtype=np.int32)
    valid = values.is_valid().to_numpy(zero_copy_only=False)
    places: NDArray[np.int32] = np.where(valid, np.cumsum(valid) - 1, -1).astype(np.int32)
    return places


@dataclass(frozen=True)
class Lines:
    """Lines that are still to be written. `edges`: where each begins, and the last one ends,
    `(n + 1,)` from 0 on; `write` puts their bytes into an array with ROOM bytes more."""

    edges: NDArray[np.int64]
    write: Callable[[NDArray[np.uint8]], None]

    @property
    def bytes(self) -> int:
        """What all of them take."""
        return int(self.edges[-1])

    def texts(self) -> pa.LargeStringArray:
        """The lines in memory of their own."""
        out = np.empty(self.bytes + ROOM, np.uint8)
        self.write(out)
        buffers = (pa.py_buffer(self.edges), pa.py_buffer(out))
        return pa.LargeStringArray.from_buffers(len(self.edges) - 1, *buffers)


def lines_of(columns: Sequence[Coded], rows: int) -> Lines:
    """The cells of each row end to end."""
    if rows and columns and rows >= COMPILED_FROM:
        return _lines_compiled(columns)
    texts = lines_by_arrow(columns) if columns else pa.array([""] * rows, pa.large_string())
    bounds, data = text_buffers(texts)
    content = data[bounds[0] : bounds[-1]]

    def write(out: NDArray[np.uint8]) -> None:
        out[: len(content)] = content

    return Lines(bounds - bounds[0], write)


def lines_by_arrow(columns: Sequence[Coded]) -> pa.LargeStringArray:
    """The plain way: every column written out, then joined."""
    return pc.binary_join_element_wise(*(column.plain() for column in columns), _large(""))


def _lines_compiled(columns: Sequence[Coded]) -> Lines:
    from tocsin.engine.kernels.joined import Cells  # noqa: PLC0415 - see COMPILED_FROM

    sizes = [len(column.texts) for column in columns]
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    room = pa.array([" " * ROOM], pa.large_string())
    bounds, data = text_buffers(pa.concat_arrays([*(column.texts for column in columns), room]))
    codes = np.stack([column.codes for column in columns])
    quoted = np.array([column.quoted for column in columns], np.uint8)
    ends = np.array([ord(column.end or "\0") for column in columns], np.uint8)
    cells = Cells(codes, first, bounds, data, quoted, ends)
    return Lines(cells.edges(), cells.write)


def text_buffers(texts: pa.LargeStringArray) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Bounds `(n + 1,)` and bytes of an array of large texts without nulls."""
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    content = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return bounds, content


def _large(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())


def whole(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array, coded or not."""
    return single(column.unify_dictionaries()) if column.num_chunks > 1 else single(column)
