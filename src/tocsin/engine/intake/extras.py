"""What a row says beyond its type's columns, kept as one JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_NEEDS_ESCAPES = r'["\\\x00-\x1f]'


def extras(columns: Mapping[str, pa.Array], rows: int) -> pa.Array:
    """One JSON object per row with the cells that are there, null for a row without any."""
    members = [
        _members(name, texts)
        for name, texts in sorted(columns.items())
        if texts.null_count < len(texts)
    ]
    if not members:
        return pa.nulls(rows, pa.string())
    # Each member brings its own comma, so that the first one of a row is there to be cut off.
    joined = pc.binary_join_element_wise(*members, "")
    inner = pc.utf8_slice_codeunits(joined, 1)
    objects = pc.binary_join_element_wise("{", inner, "}", "")
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), objects)


def _members(name: str, texts: pa.Array) -> pa.Array:
    """`,"name":"cell"`, nothing where there is no cell."""
    member = pc.binary_join_element_wise(f",{_quoted(name)}:", _all_quoted(texts), "")
    return pc.fill_null(member, "")


def _all_quoted(texts: pa.Array) -> pa.Array:
    quoted = pc.binary_join_element_wise('"', texts, '"', "")
    escaped = pc.fill_null(pc.match_substring_regex(texts, _NEEDS_ESCAPES), False)
    if not pc.any(escaped).as_py():
        return quoted
    words = [_quoted(text) for text in texts.filter(escaped).to_pylist()]
    return pc.replace_with_mask(quoted, escaped, pa.array(words, pa.string()))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def only_where(texts: pa.Array, mask: NDArray[np.bool_]) -> pa.Array:
    """The cells of the rows that the mask names, null elsewhere."""
    return pc.if_else(pa.array(mask), texts, pa.scalar(None, pa.string()))
