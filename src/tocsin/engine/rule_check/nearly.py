"""Rows that a rule leaves for one column alone, found for all rows of a batch at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.classify.clauses import Clauses
from tocsin.engine.classify.verdicts import answered

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Nearly:
    """Row numbers, ascending, and of each the column that does not fit: its place in `columns`."""

    columns: tuple[str, ...]
    rows: Numbers
    places: Numbers


def nearly(cells: Mapping[str, pa.Array], rows: int, clauses: Clauses) -> Nearly:
    """The rows that no alternative of a rule fits, and one would but for a single column.

    cells: as `verdicts` takes them. Alternatives that ask one column are not nearly anything.
    """
    columns = tuple(dict.fromkeys(name for clause in clauses for name in clause))
    fits = {
        name: answered(
            cells.get(name), rows, [clause[name] for clause in clauses if name in clause]
        )
        for name in columns
    }
    taken = np.zeros(rows, np.bool_)
    missed = np.full(rows, -1, np.int64)
    for clause in clauses:
        own = [(columns.index(name), fits[name][question]) for name, question in clause.items()]
        unfit = np.zeros(rows, np.int64)
        last = np.full(rows, -1, np.int64)
        for place, flags in own:
            unfit += ~flags
            last[~flags] = place
        taken |= unfit == 0
        if len(own) > 1:
            found = (unfit == 1) & (missed < 0)
            missed[found] = last[found]
    near = np.flatnonzero((missed >= 0) & ~taken)
    return Nearly(columns, near, missed[near])
