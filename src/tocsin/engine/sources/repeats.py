"""Finding records that occur again in a later slice, with 16 bytes per record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.sources.identity import DIGEST_BYTES, record_digest
from tocsin.engine.sources.raw import Slice

_AT_ONCE = 1 << 20


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

    def add(self, records: Iterable[bytes]) -> None:
        """Take in the next records."""
        self._digests += b"".join(map(record_digest, records))

    def slices(self, cuts: Sequence[Cut], end: Cut, digests: Sequence[str]) -> tuple[Slice, ...]:
        """The slices from each cut to the next one and to the end, with what they repeat.

        `digests`: of each slice's bytes.
        """
        slices: list[Slice] = []
        before: Counter[bytes] = Counter()
        twice = self._candidates() if cuts[0].record or len(cuts) > 1 else np.zeros(0, np.int64)
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
