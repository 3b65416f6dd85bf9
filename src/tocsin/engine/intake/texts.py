"""Columns of text as one array, without what readers of our files would trip over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def without_nul(column: pa.ChunkedArray, missing: Sequence[str] = ()) -> pa.StringArray:
    """The column as one array; NUL ends strings in too many programs, and JSON can smuggle it in.

    A text that is one of `missing` without its NULs says nothing: null. Most columns have no NUL,
    and are not copied.
    """
    texts = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if not _has_nul(texts):
        return texts
    bare = pc.replace_substring(texts, "\0", "")
    absent = pc.is_in(bare, value_set=pa.array(missing, pa.string()))
    return pc.if_else(absent, pa.scalar(None, pa.string()), bare)


def _has_nul(texts: pa.StringArray) -> bool:
    _, offsets, content = texts.buffers()
    if content is None or not len(texts):
        return False
    bounds = np.frombuffer(offsets, np.int32, count=len(texts) + 1, offset=4 * texts.offset)
    data = np.frombuffer(content, np.uint8)[bounds[0] : bounds[-1]]
    return bool(len(data)) and not data.all()
