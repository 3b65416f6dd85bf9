"""How a loop is compiled: at its first call, kept on disk for the next process.

Places in arrays are `np.uint64` throughout: for a signed number the compiler must ask each time
whether it counts from the end, and cannot copy many bytes at once; that made loops four times
slower. An unsigned and a signed number must never meet in a sum, which would become a fraction;
so the constants below.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numpy as np
from numba import njit

P = ParamSpec("P")
R = TypeVar("R")

Place = np.uint64
NO_PLACE = np.uint64((1 << 64) - 1)
ONE = np.uint64(1)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code; it may use numbers and numpy arrays only.

    Where nothing can be kept on disk it is compiled anew in each process, which takes seconds.
    """
    try:
        return cast("Callable[P, R]", njit(function, cache=True, nogil=True))
    except RuntimeError:
        return cast("Callable[P, R]", njit(function, nogil=True))
