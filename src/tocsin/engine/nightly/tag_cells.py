"""Cells that hold several tags each: every distinct cell is read once."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from tocsin.engine.nightly.range_rows import indices_of
from tocsin.model.address import Ints

_BETWEEN = re.compile("[;,]")


class TagCells:
    """A column of cells with `;` or `,` between tags. `names`: all distinct tags."""

    def __init__(self, column: pa.DictionaryArray) -> None:
        numbers: dict[str, int] = {}
        of_cells = [
            [numbers.setdefault(tag, len(numbers)) for tag in tags_of(cell)]
            for cell in column.dictionary.to_pylist()
        ]
        self.names = pa.array(list(numbers), pa.string())
        # A row without a cell has the last one, which has no tags.
        self._cells = indices_of(column, len(of_cells))
        self._many = np.array([*(len(tags) for tags in of_cells), 0], np.int64)
        self._first = np.cumsum(self._many) - self._many
        self._tags = np.array([tag for tags in of_cells for tag in tags], np.int64)

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        """Every tag of these rows: the row, as often as it has tags, and the tags' numbers."""
        cells = self._cells[rows]
        many = self._many[cells]
        within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        return np.repeat(rows, many), self._tags[np.repeat(self._first[cells], many) + within]


def tags_of(cell: str) -> list[str]:
    """The tags of a cell, each once."""
    parts = (part.strip(" ") for part in _BETWEEN.split(cell))
    return [tag for tag in dict.fromkeys(parts) if tag]
