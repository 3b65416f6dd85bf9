"""Why a row is not accepted: a closed set of words, and a column of them."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Reason(StrEnum):
    """Words for rows that a batch turns away after reading; readers have their own, earlier.

    Rejected: the row is wrong. Dropped: the row is right, and not wanted.
    """

    NO_TIME = "no_time"
    BAD_TIME = "bad_time"
    FUTURE = "future"
    TOO_OLD = "too_old"
    PRUNED = "pruned"
    NO_SUBJECT = "no_subject"
    BAD_SUBJECT = "bad_subject"
    WRONG_FAMILY = "wrong_family"
    TOO_BROAD = "too_broad"
    IMPOSSIBLE = "impossible"
    UNKNOWN_TYPE = "unknown_type"
    RESERVED = "reserved"
    ALLOW_LIST = "allow_list"
    NO_RULE = "no_rule"

    @property
    def drops(self) -> bool:
        """Whether the row is dropped rather than rejected."""
        return self in _DROPS


_DROPS = frozenset({Reason.RESERVED, Reason.ALLOW_LIST, Reason.NO_RULE})
_CODES = tuple(Reason)


class Verdicts:
    """One verdict per row; the first one given stands."""

    def __init__(self, rows: int) -> None:
        self._codes = np.zeros(rows, dtype=np.uint8)
        self._details: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def give(self, where: NDArray[np.bool_], reason: Reason, details: dict[int, str]) -> None:
        """Turn the rows of the mask away, unless they have been already."""
        fresh = where & (self._codes == 0)
        self._codes[fresh] = _CODES.index(reason) + 1
        for row in np.flatnonzero(fresh).tolist():
            if row in details:
                self._details[row] = details[row]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """The rows that nothing speaks against."""
        kept: NDArray[np.bool_] = self._codes == 0
        return kept

    def turned_away(self) -> list[tuple[int, Reason, str]]:
        """Row number, reason and detail of every row that is not kept, by row."""
        rows = np.flatnonzero(self._codes).tolist()
        return [
            (row, _CODES[int(self._codes[row]) - 1], self._details.get(row, "")) for row in rows
        ]

    def by_reason(self, where: NDArray[np.bool_]) -> list[tuple[Reason, list[int]]]:
        """The rows of a mask that are turned away, by reason."""
        codes = np.where(where, self._codes, 0)
        return [
            (_CODES[code - 1], np.flatnonzero(codes == code).tolist())
            for code in np.unique(codes[codes > 0]).tolist()
        ]

    def because(self, reason: Reason) -> NDArray[np.bool_]:
        """The rows that are turned away for that reason."""
        found: NDArray[np.bool_] = self._codes == _CODES.index(reason) + 1
        return found

    def detail(self, row: int) -> str:
        """What was said of a row that is turned away."""
        return self._details.get(row, "")

    def counts(self) -> Counter[str]:
        """How many rows each reason has."""
        found = Counter(self._codes[self._codes > 0].tolist())
        return Counter({_CODES[code - 1].value: count for code, count in found.items()})
