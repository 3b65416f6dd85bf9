"""The id of a finding, which is promised to stay the same for ever.

    id = BLAKE2b-128( "tocsin-finding-1" subject port report_type infection )

each of the four as text with its length in bytes and a colon before it, so that no two findings
read alike; a finding without a port has an empty one.
"""

from __future__ import annotations

import hashlib
from math import prod

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.engine.nightly.distinct import distinct_rows
from tocsin.engine.nightly.range_rows import indices_of
from tocsin.model.address import Ints

_MARK = b"tocsin-finding-1"
_DIGEST_BYTES = 16
_WORTH_COMPILED = 10_000
"""With fewer findings, loading the compiled loop takes longer than what it saves."""

_POSSIBLE = 1 << 22
"""So many combinations can be looked up in a table rather than sorted."""


def finding_id(subject: str, port: int | None, report_type: str, infection: str) -> bytes:
    """The id of one finding, 16 bytes."""
    digest = hashlib.blake2b(_MARK, digest_size=_DIGEST_BYTES)
    for part in (subject, "" if port is None else str(port), report_type, infection):
        content = part.encode()
        digest.update(b"%d:%b" % (len(content), content))
    return digest.digest()


def finding_ids(
    subjects: pa.StringArray,
    ports: pa.Int64Array,
    report_types: pa.StringArray | pa.DictionaryArray,
    infections: pa.StringArray | pa.DictionaryArray,
) -> pa.FixedSizeBinaryArray:
    """The ids of many findings; columns of text may be plain or coded."""
    columns = (subjects, ports, report_types, infections)
    if len(subjects) < _WORTH_COMPILED:
        rows = zip(*(column.to_pylist() for column in columns), strict=True)
        return pa.array([finding_id(*row) for row in rows], pa.binary(_DIGEST_BYTES))
    from tocsin.engine.kernels.blake2b import digests  # noqa: PLC0415 - compiled, not for few rows

    said = pc.binary_join_element_wise(*_measured(subjects), _rests(*columns[1:]), _large(""))
    _, bounds, content = said.buffers()
    edges = np.frombuffer(bounds, np.uint64, count=len(said) + 1, offset=8 * said.offset)
    ids = digests(np.frombuffer(content, np.uint8), edges[:-1], edges[1:], _MARK, b"")
    buffers = [None, pa.py_buffer(ids)]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(_DIGEST_BYTES), len(ids), buffers)


def _rests(*columns: pa.Array) -> pa.LargeStringArray:
    """What is hashed behind the subject, put together once for each distinct combination."""
    coded = [each if pa.types.is_dictionary(each.type) else _encoded(each) for each in columns]
    first, places = _combinations(
        [indices_of(each, len(each.dictionary)) for each in coded],
        [len(each.dictionary) + 1 for each in coded],
    )
    parts = [part for each in coded for part in _measured(each.take(pa.array(first)))]
    return pc.binary_join_element_wise(*parts, _large("")).take(pa.array(places))


def _combinations(columns: list[Ints], sizes: list[int]) -> tuple[Ints, Ints]:
    """A row of each distinct combination of numbers below `sizes`, and each row's one of these."""
    rows, possible = len(columns[0]), prod(sizes)
    if possible > _POSSIBLE:
        return distinct_rows(columns)
    codes: Ints = np.zeros(rows, np.int64)
    for column, size in zip(columns, sizes, strict=True):
        codes = codes * size + column
    first: Ints = np.full(possible, -1, np.int64)
    first[codes] = np.arange(rows)
    there = np.flatnonzero(first >= 0)
    numbers: Ints = np.zeros(possible, np.int64)
    numbers[there] = np.arange(len(there))
    return first[there], numbers[codes]


def _encoded(column: pa.Array) -> pa.DictionaryArray:
    return column.dictionary_encode(null_encoding="encode")


def _measured(texts: pa.Array) -> list[pa.Array | pa.Scalar]:
    """Texts, with the number of their bytes and a colon before each."""
    plain = texts.dictionary_decode() if pa.types.is_dictionary(texts.type) else texts
    large = pc.fill_null(plain.cast(pa.large_string()), "")
    lengths = pc.binary_length(large).to_numpy()
    known = pa.array([f"{length}:" for length in range(int(lengths.max(initial=0)) + 1)])
    return [known.cast(pa.large_string()).take(pa.array(lengths)), large]


def _large(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())
