"""The identity of a row, which is promised to stay the same from version to version.

    id = BLAKE2b-128( "tocsin-id-1" NUL source NUL header NUL record NUL occurrence )

source: the source's name, UTF-8. header: the bytes of the CSV header line, without its line end
and without a byte order mark; nothing in a format that has none. record: the row's bytes as they
stand in the content, without its line end (`\\n` or `\\r\\n`) and without a byte order mark.
occurrence: how often the very same bytes came before in the content, in decimal. So a file that
is handed in twice, renamed or grown gives the same rows the same identities, repeated lines
within a file stay apart, and so do equal bytes that say something else under another header.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import pyarrow as pa

_MARK = b"tocsin-id-1\0"
DIGEST_BYTES = 16
ID_TYPE = pa.binary(DIGEST_BYTES)


def record_digest(record: bytes) -> bytes:
    """By which equal records are found without keeping them: 16 bytes."""
    return blake2b(record, digest_size=DIGEST_BYTES).digest()


def slice_hash() -> blake2b:
    """The empty hash of a slice's bytes, by which a file is caught that was rewritten."""
    return blake2b(digest_size=DIGEST_BYTES)


class Identities:
    """Gives ids to the records of one slice, in their order."""

    def __init__(self, source: str, header: bytes, carried: Mapping[str, int]) -> None:
        self._begin = _MARK + source.encode() + b"\0" + header + b"\0"
        self._carried = carried
        self._seen: dict[bytes, int] = {}

    def occurrences(self, records: Sequence[bytes]) -> list[int]:
        """How often each record came before in the content; counts these records too."""
        fresh = dict.fromkeys(records, 1)
        plain = not self._carried and len(fresh) == len(records)
        if plain and self._seen.keys().isdisjoint(fresh):
            self._seen.update(fresh)
            return [0] * len(records)
        return [self._occurrence(record) for record in records]

    def _occurrence(self, record: bytes) -> int:
        before = self._seen.get(record)
        if before is None:
            before = self._carried_count(record)
        self._seen[record] = before + 1
        return before

    def _carried_count(self, record: bytes) -> int:
        return self._carried.get(record_digest(record).hex(), 0) if self._carried else 0

    def ids(self, records: Sequence[bytes], occurrences: Sequence[int]) -> pa.FixedSizeBinaryArray:
        """The ids of records."""
        begin = self._begin
        digests = [
            blake2b(b"%b%b\0%d" % (begin, record, occurrence), digest_size=DIGEST_BYTES).digest()
            for record, occurrence in zip(records, occurrences, strict=True)
        ]
        joined = pa.py_buffer(b"".join(digests))
        return pa.FixedSizeBinaryArray.from_buffers(ID_TYPE, len(digests), [None, joined])
