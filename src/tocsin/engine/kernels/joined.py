"""Putting lines together out of cells, and packs out of lines: nothing but copying of bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.kernels.compiled import ONE, Place, compiled

Bytes = NDArray[np.uint8]
Bounds = NDArray[np.int64]
Codes = NDArray[np.int32]


@compiled
def _measure(codes: Codes, first: Bounds, bounds: Bounds, out: Bounds) -> None:
    """Where each line ends: `out[row + 1]`."""
    total = np.int64(0)
    for row in range(Place(codes.shape[1])):
        for column in range(Place(codes.shape[0])):
            cell = Place(first[column] + codes[column, row])
            total += bounds[cell + ONE] - bounds[cell]
        out[row + ONE] = total


@compiled
def _join(codes: Codes, first: Bounds, bounds: Bounds, data: Bytes, out: Bytes) -> None:
    at = Place(0)
    for row in range(Place(codes.shape[1])):
        for column in range(Place(codes.shape[0])):
            cell = Place(first[column] + codes[column, row])
            begin, end = Place(bounds[cell]), Place(bounds[cell + ONE])
            for place in range(end - begin):
                out[at + place] = data[begin + place]
            at += end - begin


def joined(codes: Codes, first: Bounds, bounds: Bounds, data: Bytes) -> tuple[Bytes, Bounds]:
    """Lines out of coded cells: their bytes end to end, and the bounds of each, `(rows + 1,)`.

    `codes`: `(columns, rows)`; in column c the code k means cell `first[c] + k`, whose bytes are
    `data[bounds[cell]:bounds[cell + 1]]`.
    """
    ends = np.zeros(codes.shape[1] + 1, np.int64)
    _measure(codes, first, bounds, ends)
    out = np.empty(int(ends[-1]), np.uint8)
    _join(codes, first, bounds, data, out)
    return out, ends
