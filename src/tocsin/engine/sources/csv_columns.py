"""A block of plain CSV records read straight into columns.

Arrow's reader is four times as fast as the standard library's, and lenient where we are not. So
it only gets blocks in which nothing can be read in two ways: UTF-8, no carriage return or NUL,
every quote at one end of a cell, and all records of the same width. Everything else is told by
None, and read row by row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from tocsin.engine.sources.blocks import BOM, Block

_COMMA, _QUOTE, _LINE_END = b',"\n'


class PlainColumns:
    """Reads plain blocks of one content. `missing`: cells that say nothing."""

    def __init__(self, names: Sequence[str], missing: Sequence[str]) -> None:
        self._names = list(names)
        self._parse = csv.ParseOptions(ignore_empty_lines=False)
        self._convert = csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=list(missing),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        )

    def read(self, block: Block) -> pa.Table | None:
        """The block's records as a table, None if they must be read row by row."""
        records = block.records
        if not block.single_lines or not records:
            return None
        data = b"\n".join([*records, b""])
        if b"\r" in data or b"\0" in data or data.startswith(BOM) or not _quotes_are_plain(data):
            return None
        options = csv.ReadOptions(
            use_threads=False, block_size=len(data) + 1, column_names=self._names
        )
        try:
            table = csv.read_csv(pa.BufferReader(data), options, self._parse, self._convert)
        except pa.ArrowInvalid:
            return None
        if table.num_rows != len(records) or self._has_header(table):
            return None
        return table.combine_chunks()

    def _has_header(self, table: pa.Table) -> bool:
        found = pc.index(table.column(0), pa.scalar(self._names[0], pa.string()))
        return bool(found.as_py() >= 0)


def _quotes_are_plain(data: bytes) -> bool:
    """Whether quotes stand only at the ends of cells, in turn opening and closing one.

    `data` holds lines with an even number of quotes each, so no pair has a line end within.
    """
    text = np.frombuffer(data, dtype=np.uint8)
    quotes = np.flatnonzero(text == _QUOTE)
    before, after = text[quotes[::2] - 1], text[quotes[1::2] + 1]
    return _are_ends(before) and _are_ends(after)


def _are_ends(characters: NDArray[np.uint8]) -> bool:
    return bool(((characters == _COMMA) | (characters == _LINE_END)).all())
