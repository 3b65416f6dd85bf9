"""Putting lines together out of cells: nothing but copying of bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.kernels.compiled import ONE, Place, compiled
from tocsin.engine.kernels.wide import WIDTH, copy_wide

Bytes = NDArray[np.uint8]
Bounds = NDArray[np.int64]
Codes = NDArray[np.int32]

ROOM = int(WIDTH)
"""So many bytes of any content must lie behind the texts, and behind the lines."""

_QUOTE = np.uint8(ord('"'))
_TWO = np.int64(2)


@compiled
def _measure(
    codes: Codes, first: Bounds, bounds: Bounds, quoted: Bytes, ends: Bytes, out: Bounds
) -> None:
    """Where each line ends: `out[row + 1]`."""
    rows = Place(codes.shape[1])
    for column in range(Place(codes.shape[0])):
        begin, around = first[column], np.int64(quoted[column]) * _TWO
        end = np.int64(ends[column] != 0)
        for row in range(rows):
            code = codes[column, row]
            size = end
            if code >= 0:
                cell = Place(begin + code)
                size += bounds[cell + ONE] - bounds[cell] + around
            out[row + ONE] += size
    total = np.int64(0)
    for row in range(rows):
        total += out[row + ONE]
        out[row + ONE] = total


@compiled
def _join(
    codes: Codes,
    first: Bounds,
    bounds: Bounds,
    data: Bytes,
    quoted: Bytes,
    ends: Bytes,
    out: Bytes,
) -> None:
    at = Place(0)
    for row in range(Place(codes.shape[1])):
        for column in range(Place(codes.shape[0])):
            code = codes[column, row]
            if code >= 0:
                cell = Place(first[column] + code)
                begin = Place(bounds[cell])
                size = Place(bounds[cell + ONE]) - begin
                if quoted[column]:
                    out[at] = _QUOTE
                    at += ONE
                done = Place(0)
                while done < size:
                    copy_wide(out, at + done, data, begin + done)
                    done += WIDTH
                at += size
                if quoted[column]:
                    out[at] = _QUOTE
                    at += ONE
            if ends[column]:
                out[at] = ends[column]
                at += ONE


@dataclass(frozen=True)
class Cells:
    """Columns of coded cells, to be put end to end row by row.

    `codes`: `(columns, rows)`; in column c the code k means the text `first[c] + k`, whose bytes
    are `data[bounds[text]:bounds[text + 1]]`, and -1 means that there is none. `quoted[c]`:
    whether a text that there is stands between quotes. `ends[c]`: the byte that ends every cell,
    0 for none. `data` has ROOM more bytes behind the last text.
    """

    codes: Codes
    first: Bounds
    bounds: Bounds
    data: Bytes
    quoted: Bytes
    ends: Bytes

    def edges(self) -> Bounds:
        """Where each line begins, and the last one ends, `(rows + 1,)`."""
        out = np.zeros(self.codes.shape[1] + 1, np.int64)
        _measure(self.codes, self.first, self.bounds, self.quoted, self.ends, out)
        return out

    def write(self, out: Bytes) -> None:
        """Write all lines; `out` has ROOM more bytes than they need."""
        _join(self.codes, self.first, self.bounds, self.data, self.quoted, self.ends, out)
