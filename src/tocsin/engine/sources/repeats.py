"""Finding records that occur again in a later slice, with 16 bytes per record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.sources.identity import DIGEST_BYTES, record_digest
from tocsin.engine.sources.raw import Slice
from tocsin.engine.sources.row_bytes import RowBytes

_AT_ONCE = 1 << 20
_MOST_WAITING = 1 << 27


@dataclass(frozen=True, slots=True)
class Cut:
    """A place between records: the number of the next one, byte and line there."""

    record: int
    offset: int
    line: int


class Repeats:
    """The digests of all records of a content, in order."""

    def __init__(self) -> None:
        self._digests = bytearray()
        self._waiting: list[RowBytes] = []
        self._waiting_bytes = 0

    def add(self, records: Sequence[bytes]) -> None:
        """Take in the next records.

        Digests are wanted only if there will be a second slice, so that they wait for it.
        """
        if not isinstance(records, RowBytes):
            self._settle()
            self._digests += b"".join(map(record_digest, records))
            return
        self._waiting.append(records)
        self._waiting_bytes += records.size
        if self._waiting_bytes > _MOST_WAITING:
            self._settle()

    def _settle(self) -> None:
        for records in self._waiting:
            self._digests += record_digests(records)
        # What waited once will not be long in coming again: only the first slice may go without.
        self._waiting, self._waiting_bytes = [], self._waiting_bytes and _MOST_WAITING

    def slices(self, cuts: Sequence[Cut], end: Cut, digests: Sequence[str]) -> tuple[Slice, ...]:
        """The slices from each cut to the next one and to the end, with what they repeat.

        `digests`: of each slice's bytes.
        """
        slices: list[Slice] = []
        before: Counter[bytes] = Counter()
        twice = np.zeros(0, np.int64)
        if cuts[0].record or len(cuts) > 1:
            self._settle()
            twice = self._candidates()
        before.update(self._digests_of(twice, 0, cuts[0].record))
        for cut, after, digest in zip(cuts, [*cuts[1:], end], digests, strict=True):
            here = Counter(self._digests_of(twice, cut.record, after.record))
            carried = {record.hex(): before[record] for record in here if record in before}
            before.update(here)
            length = after.offset - cut.offset
            records = after.record - cut.record
            slices.append(Slice(cut.offset, length, cut.line, records, carried, digest))
        return tuple(slices)

    def _candidates(self) -> NDArray[np.int64]:
        """Numbers of the records whose first eight digest bytes occur more than once."""
        halves = np.frombuffer(self._digests, dtype=np.uint64)[::2]
        ordered = np.sort(halves)
        repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        del ordered
        if not len(repeated):
            return np.zeros(0, np.int64)
        found = [
            np.flatnonzero(np.isin(halves[start : start + _AT_ONCE], repeated)) + start
            for start in range(0, len(halves), _AT_ONCE)
        ]
        return np.concatenate(found).astype(np.int64)

    def _digests_of(self, among: NDArray[np.int64], first: int, end: int) -> Iterator[bytes]:
        """The digests of those of the given records that lie in a range."""
        low, high = np.searchsorted(among, [first, end])
        for number in among[low:high].tolist():
            yield bytes(self._digests[number * DIGEST_BYTES : (number + 1) * DIGEST_BYTES])


def record_digests(records: RowBytes) -> bytes:
    """The digests of records, end to end."""
    # Whoever made them has loaded it already.
    from tocsin.engine.kernels.blake2b import digests  # noqa: PLC0415 - compiled, see above

    return b"".join(
        digests(np.frombuffer(content, np.uint8), begins, ends, b"", b"").tobytes()
        for content, begins, ends in records.runs()
    )
