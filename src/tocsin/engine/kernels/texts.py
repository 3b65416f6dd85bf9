"""Columns of text out of the bytes that hold them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.kernels.compiled import ONE, Place, compiled
from tocsin.engine.kernels.wide import WIDTH, copy_wide

Bytes = NDArray[np.uint8]
Rows = NDArray[np.uint64]


@compiled
def _measure(
    first: NDArray[np.int32],
    last: NDArray[np.int32],
    absent: NDArray[np.bool_],
    rows: Rows,
    bounds: NDArray[np.int32],
) -> int:
    """The bounds of the texts put end to end; how many are absent."""
    total, missing = np.int32(0), 0
    for number in range(Place(len(rows))):
        row = rows[number]
        if absent[row]:
            missing += 1
        else:
            total += last[row] - first[row]
        bounds[number + ONE] = total
    return missing


@compiled
def _copy(
    data: Bytes,
    first: NDArray[np.int32],
    rows: Rows,
    bounds: NDArray[np.int32],
    out: Bytes,
) -> None:
    end = Place(len(data))
    for number in range(Place(len(rows))):
        begin, start = Place(first[rows[number]]), Place(bounds[number])
        size, done = Place(bounds[number + ONE]) - start, Place(0)
        if begin + size + WIDTH <= end:
            while done < size:
                copy_wide(out, start + done, data, begin + done)
                done += WIDTH
        else:
            for place in range(size):
                out[start + place] = data[begin + place]


def text_array(
    data: Bytes,
    first: NDArray[np.int32],
    last: NDArray[np.int32],
    absent: NDArray[np.bool_],
    rows: Rows,
) -> pa.StringArray:
    """The texts `data[first:last]` of these rows, null where `absent`; less than 2 GiB in all.

    That they are UTF-8 is for the caller to know.
    """
    bounds = np.zeros(len(rows) + 1, np.int32)
    missing = _measure(first, last, absent, rows, bounds)
    out = np.empty(bounds[-1] + int(WIDTH), np.uint8)  # steps end behind the last text
    _copy(data, first, rows, bounds, out)
    valid = pa.array(~absent[rows]).buffers()[1] if missing else None
    return pa.StringArray.from_buffers(len(rows), pa.py_buffer(bounds), pa.py_buffer(out), valid)
