"""The id of a finding, which is promised to stay the same for ever.

    id = BLAKE2b-128( "tocsin-finding-1" subject port report_type infection )

each of the four as text with its length in bytes and a colon before it, so that no two findings
read alike; a finding without a port has an empty one.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MARK = b"tocsin-finding-1"
_DIGEST_BYTES = 16
_WORTH_COMPILED = 10_000
"""With fewer findings, loading the compiled loop takes longer than what it saves."""


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
    report_types: pa.StringArray,
    infections: pa.StringArray,
) -> pa.FixedSizeBinaryArray:
    """The ids of many findings."""
    columns = (subjects, ports, report_types, infections)
    if len(subjects) < _WORTH_COMPILED:
        rows = zip(*(column.to_pylist() for column in columns), strict=True)
        return pa.array([finding_id(*row) for row in rows], pa.binary(_DIGEST_BYTES))
    from tocsin.engine.kernels.blake2b import digests  # noqa: PLC0415

    texts = [pc.fill_null(column.cast(pa.large_string()), "") for column in columns]
    parts = [part for text in texts for part in _measured(text)]
    said = pc.binary_join_element_wise(*parts, _large(""))
    _, bounds, content = said.buffers()
    edges = np.frombuffer(bounds, np.uint64, count=len(said) + 1, offset=8 * said.offset)
    ids = digests(np.frombuffer(content, np.uint8), edges[:-1], edges[1:], _MARK, b"")
    buffers = [None, pa.py_buffer(ids)]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(_DIGEST_BYTES), len(ids), buffers)


def _measured(texts: pa.LargeStringArray) -> list[pa.Array | pa.Scalar]:
    return [pc.binary_length(texts).cast(pa.large_string()), _large(":"), texts]


def _large(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())
