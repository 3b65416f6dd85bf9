"""The bytes of many rows, kept as places in the content they were read from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import overload

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.uint64]


class RowBytes(Sequence[bytes]):
    """Row number n is `contents[which[n]][begins[n]:ends[n]]`."""

    def __init__(
        self, contents: Sequence[bytes], which: NDArray[np.uint8], begins: Places, ends: Places
    ) -> None:
        self._contents = tuple(contents)
        self._which = which
        self._begins = begins
        self._ends = ends

    @classmethod
    def within(cls, content: bytes, begins: Places, ends: Places) -> RowBytes:
        """Rows of one content."""
        return cls([content], np.zeros(len(begins), np.uint8), begins, ends)

    @classmethod
    def of(cls, rows: Sequence[bytes]) -> RowBytes:
        """Rows that were kept one by one."""
        if isinstance(rows, cls):
            return rows
        bounds = np.fromiter(accumulate(map(len, rows), initial=0), np.uint64, len(rows) + 1)
        return cls.within(b"".join(rows), bounds[:-1], bounds[1:])

    @classmethod
    def joined(cls, parts: Sequence[Sequence[bytes]]) -> RowBytes:
        """All rows of all parts; contents that parts share are kept once."""
        numbers: dict[int, int] = {}
        contents: list[bytes] = []
        which: list[NDArray[np.uint8]] = []
        every = [cls.of(part) for part in parts]
        for part in every:
            for content in part._contents:
                if numbers.setdefault(id(content), len(contents)) == len(contents):
                    contents.append(content)
            own = np.array([numbers[id(content)] for content in part._contents], np.uint8)
            which.append(own[part._which])
        return cls(
            contents,
            np.concatenate(which),
            np.concatenate([part._begins for part in every]),
            np.concatenate([part._ends for part in every]),
        )

    def take(self, rows: NDArray[np.int64] | slice) -> RowBytes:
        """Some of the rows, by number."""
        return RowBytes(self._contents, self._which[rows], self._begins[rows], self._ends[rows])

    def runs(self) -> Iterator[tuple[bytes, Places, Places]]:
        """Neighbouring rows of one content: the content, and where each begins and ends."""
        edges = np.flatnonzero(np.diff(self._which)) + 1
        for begin, end in pairwise([0, *edges.tolist(), len(self)]):
            if begin < end:
                content = self._contents[self._which[begin]]
                yield content, self._begins[begin:end], self._ends[begin:end]

    @property
    def size(self) -> int:
        """Bytes of the contents that the rows keep alive."""
        return sum(map(len, self._contents))

    def __len__(self) -> int:
        return len(self._begins)

    @overload
    def __getitem__(self, row: int) -> bytes: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[bytes]: ...

    def __getitem__(self, row: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(row, slice):
            return self.take(row)
        content = self._contents[self._which[row]]
        found: bytes = content[int(self._begins[row]) : int(self._ends[row])]
        return found
