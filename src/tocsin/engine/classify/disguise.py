"""What a rule keeps of cells that nobody may have whole, and what it adds to tags."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.catalogue.rules import Rule

Kept = Callable[[pa.Array], pa.Array]

_MASK = "***"
_TELLING = 4
"""Of a shorter cell a letter would be too much."""


def kept_of(rule: Rule, column: str) -> Kept | None:
    """What the rule keeps of a column's cells; None for all of them."""
    if column in rule.removes:
        return _nothing
    return masked if column in rule.masks else None


def masked(cells: pa.Array) -> pa.Array:
    """The first letter and `***`: enough for the owner of a password to know it again."""
    first = pc.utf8_slice_codeunits(cells, 0, 1)
    telling = pc.greater_equal(pc.utf8_length(cells), _TELLING)
    shown = pc.if_else(telling, first, pa.scalar(""))
    return pc.binary_join_element_wise(shown, _MASK, "")


def _nothing(cells: pa.Array) -> pa.Array:
    return pa.nulls(len(cells), pa.string())


def with_tag(tags: pa.Array, tag: str) -> pa.Array:
    """The tags of each row with one more, unless it is among them."""
    joined = pc.binary_join_element_wise(tags, tag, ";", null_handling="skip")
    around = pc.binary_join_element_wise("", tags, "", ";", null_handling="skip")
    has = pc.match_substring(around, f";{tag};")
    return pc.if_else(has, tags, joined)


def only_where(here: NDArray[np.bool_], cells: pa.Array, otherwise: pa.Array) -> pa.Array:
    """Of each row the one or the other cell."""
    return pc.if_else(pa.array(here), cells, otherwise)
