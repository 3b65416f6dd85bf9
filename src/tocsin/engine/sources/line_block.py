"""Blocks of records that are lines, found by compiled loops and kept as places."""

from __future__ import annotations

from functools import cache

import numpy as np

from tocsin.engine.kernels.lines import count_plain_lines, find_lines
from tocsin.engine.sources.blocks import Block
from tocsin.engine.sources.raw import MOST_RECORD_BYTES
from tocsin.engine.sources.row_bytes import Bounds, Places, RowBytes


def line_block(data: bytes, offset: int, first_line: int) -> Block | None:
    """The block of these lines, None if one of them is too long to be a record.

    The same block as is made line by line (`records`).
    """
    many = count_plain_lines(data) if len(data) <= MOST_RECORD_BYTES else -1
    if many < 0:
        return _looked_through(data, offset, first_line)

    @cache
    def bounds() -> Bounds:
        begins, ends, _ = find_lines(data)
        return begins, ends

    terminated = data.endswith(b"\n")
    lines = RowBytes.found_later(data, many, lambda: (bounds()[0], _line_ends(data, bounds()[0])))
    records = RowBytes.found_later(data, many, bounds)
    return Block(offset, first_line, lines, records, range(many), terminated, single_lines=True)


def _looked_through(data: bytes, offset: int, first_line: int) -> Block | None:
    """As above, where lines may be blank or too long."""
    begins, ends, blank = find_lines(data)
    if int((ends - begins).max(initial=0)) > MOST_RECORD_BYTES:
        return None
    return Block(
        offset,
        first_line,
        RowBytes.within(data, begins, _line_ends(data, begins)),
        RowBytes.within(data, begins[~blank], ends[~blank]),
        np.flatnonzero(~blank).tolist(),
        data.endswith(b"\n"),
        blank_lines=int(blank.sum()),
        single_lines=True,
    )


def _line_ends(data: bytes, begins: Places) -> Places:
    """Where the lines end that begin there, carriage returns among them."""
    last = np.uint64(len(data) - data.endswith(b"\n"))
    return np.append(begins[1:] - np.uint64(1), last)
