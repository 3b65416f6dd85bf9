"""The identities of many rows at once, as `identity` defines them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.kernels.blake2b import digests
from tocsin.engine.sources.identity import ID_TYPE, Identities

Places = NDArray[np.uint64]


def row_ids(
    content: bytes, begins: Places, ends: Places, identities: Identities
) -> tuple[pa.FixedSizeBinaryArray, NDArray[np.int64]]:
    """The ids of the rows `content[begins:ends]`, and how often each came before.

    The rows are all of a slice, in their order. Nearly all are the first of their kind, so that
    every id is made as if all were; rows whose ids are then equal are the same bytes, and are
    counted one by one.
    """
    data = np.frombuffer(content, np.uint8)
    ids = digests(data, begins, ends, identities.begin, b"\0" + b"0")
    occurrences = np.zeros(len(ids), np.int64)
    again = _equal(ids[:, 0])
    if identities.carried:
        again |= _carried(digests(data, begins, ends, b"", b"")[:, 0], identities)
    for row in np.flatnonzero(again).tolist():
        record = content[int(begins[row]) : int(ends[row])]
        occurrence = identities.occurrence(record)
        if occurrence:
            occurrences[row] = occurrence
            ids[row] = np.frombuffer(identities.id(record, occurrence), np.uint64)
    array = pa.FixedSizeBinaryArray.from_buffers(ID_TYPE, len(ids), [None, pa.py_buffer(ids)])
    return array, occurrences


def _equal(halves: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which values are there more than once."""
    ordered = np.sort(halves)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(repeated):
        return np.zeros(len(halves), np.bool_)
    return np.isin(halves, repeated)


def _carried(halves: NDArray[np.uint64], identities: Identities) -> NDArray[np.bool_]:
    """Which rows may have come in an earlier slice."""
    known = [np.frombuffer(bytes.fromhex(digest), np.uint64)[0] for digest in identities.carried]
    return np.isin(halves, np.array(known, np.uint64))
