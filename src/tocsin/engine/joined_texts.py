"""Texts of several columns as one, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc


def joined(columns: Sequence[pa.Array], between: str) -> pa.Array:
    """Each row's texts with `between` between them; those that are missing are left out.

    Null where all are. Arrow 26 itself loses such rows when it leaves missing texts out.
    """
    said = reduce(pc.or_, [pc.is_valid(column) for column in columns])
    first = pc.if_else(said, columns[0], pa.scalar(""))
    found = pc.binary_join_element_wise(first, *columns[1:], between, null_handling="skip")
    return pc.if_else(said, found, pa.scalar(None, pa.string()))
