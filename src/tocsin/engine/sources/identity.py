"""The identity of a row, which is promised to stay the same from version to version.

    id = BLAKE2b-128( "tocsin-id-1" NUL source NUL header NUL record NUL occurrence )

source: the source's name, UTF-8. header: the bytes of the CSV header line, without its line end
and without a byte order mark; nothing in a format that has none. record: the row's bytes as they
stand in the content, without its line end (`\\n` or `\\r\\n`) and without a byte order mark.
occurrence: how often the very same bytes came before in the content, in decimal. So a file that
is handed in twice, renamed or grown gives the same rows the same identities, repeated lines
within a file stay apart, and so do equal bytes that say something else under another header.

Some rows hold several events, and some lists say what is so on a day and name none: the same row
in the next day's list is another event. The id of such an event is

    id = BLAKE2b-128( "tocsin-part-1" NUL id of the row NUL day NUL part )

day: `2026-11-22`, nothing for rows that tell their time. part: its number within the row, from 0,
in decimal. The first event of a row that tells its time has the id of the row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import pyarrow as pa

_MARK = b"tocsin-id-1\0"
_PART_MARK = b"tocsin-part-1\0"
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
        self.begin = _MARK + source.encode() + b"\0" + header + b"\0"
        """What is hashed before the record."""
        self.carried = carried
        self._seen: dict[bytes, int] = {}

    def occurrences(self, records: Sequence[bytes]) -> list[int]:
        """How often each record came before in the content; counts these records too."""
        fresh = dict.fromkeys(records, 1)
        plain = not self.carried and len(fresh) == len(records)
        if plain and self._seen.keys().isdisjoint(fresh):
            self._seen.update(fresh)
            return [0] * len(records)
        return [self.occurrence(record) for record in records]

    def occurrence(self, record: bytes) -> int:
        """How often a record came before among those that were asked about, and earlier."""
        before = self._seen.get(record)
        if before is None:
            before = self._carried_count(record)
        self._seen[record] = before + 1
        return before

    def _carried_count(self, record: bytes) -> int:
        return self.carried.get(record_digest(record).hex(), 0) if self.carried else 0

    def ids(self, records: Sequence[bytes], occurrences: Sequence[int]) -> pa.FixedSizeBinaryArray:
        """The ids of records."""
        digests = list(map(self.id, records, occurrences))
        joined = pa.py_buffer(b"".join(digests))
        return pa.FixedSizeBinaryArray.from_buffers(ID_TYPE, len(digests), [None, joined])

    def id(self, record: bytes, occurrence: int) -> bytes:
        """The id of one record."""
        said = b"%b%b\0%d" % (self.begin, record, occurrence)
        return blake2b(said, digest_size=DIGEST_BYTES).digest()


def derived_ids(
    ids: pa.FixedSizeBinaryArray, day: str, parts: Sequence[int]
) -> pa.FixedSizeBinaryArray:
    """The ids of events out of those of their rows, one a part."""
    said = day.encode()
    digests = [
        blake2b(b"%b%b\0%b\0%d" % (_PART_MARK, row, said, part), digest_size=DIGEST_BYTES).digest()
        if said or part
        else row
        for row, part in zip(ids.to_pylist(), parts, strict=True)
    ]
    joined = pa.py_buffer(b"".join(digests))
    return pa.FixedSizeBinaryArray.from_buffers(ID_TYPE, len(digests), [None, joined])
