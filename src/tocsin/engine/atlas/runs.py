"""Numbering what repeats: distinct runs of equal-sized cells, in the order they first come."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.atlas.layout import Int32s
from tocsin.model.address import Ints


def number_runs(cells: NDArray[np.uint32], bounds: Ints) -> tuple[Int32s, list[bytes]]:
    """The number of each run `cells[bounds[i] : bounds[i + 1]]`, and the distinct runs.

    cells: (n,) or (n, width). bounds: ascending, one more than there are runs.
    """
    data, width = cells.tobytes(), cells.itemsize * (cells.shape[1] if cells.ndim > 1 else 1)
    known: dict[bytes, int] = {}
    numbers = np.fromiter(
        (
            known.setdefault(data[begin:end], len(known))
            for begin, end in pairwise((bounds * width).tolist())
        ),
        np.int32,
        len(bounds) - 1,
    )
    return numbers, list(known)
