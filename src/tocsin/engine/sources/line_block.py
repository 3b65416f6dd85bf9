"""Blocks of records that are lines, found by a compiled loop and kept as places."""

from __future__ import annotations

import numpy as np

from tocsin.engine.kernels.lines import find_lines
from tocsin.engine.sources.blocks import Block
from tocsin.engine.sources.raw import MOST_RECORD_BYTES
from tocsin.engine.sources.row_bytes import RowBytes


def line_block(data: bytes, offset: int, first_line: int) -> Block | None:
    """The block of these lines, None if one of them is too long to be a record.

    The same block as is made line by line (`records`).
    """
    begins, ends, blank = find_lines(data)
    if int((ends - begins).max(initial=0)) > MOST_RECORD_BYTES:
        return None
    terminated = data.endswith(b"\n")
    whole = np.append(begins[1:] - np.uint64(1), np.uint64(len(data) - terminated))
    return Block(
        offset,
        first_line,
        RowBytes.within(data, begins, whole),
        RowBytes.within(data, begins[~blank], ends[~blank]),
        np.flatnonzero(~blank).tolist(),
        terminated,
        blank_lines=int(blank.sum()),
        single_lines=True,
    )
