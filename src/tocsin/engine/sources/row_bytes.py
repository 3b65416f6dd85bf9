"""The bytes of many rows, kept as places in the content they were read from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import overload

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.uint64]
Bounds = tuple[Places, Places]
"""Where each row begins and ends."""


class RowBytes(Sequence[bytes]):
    """Row number n is `contents[which[n]][begins[n]:ends[n]]`.

    `bounds` is asked for begins and ends when they are first needed: who only counts rows, or
    keeps them in case, pays nothing for them.
    """

    def __init__(
        self, contents: Sequence[bytes], which: NDArray[np.uint32], bounds: Callable[[], Bounds]
    ) -> None:
        self._contents = tuple(contents)
        self._which = which
        self._find = bounds

    @cached_property
    def _bounds(self) -> Bounds:
        return self._find()

    @classmethod
    def within(cls, content: bytes, begins: Places, ends: Places) -> RowBytes:
        """Rows of one content."""
        return cls.found_later(content, len(begins), lambda: (begins, ends))

    @classmethod
    def found_later(cls, content: bytes, rows: int, bounds: Callable[[], Bounds]) -> RowBytes:
        """So many rows of one content."""
        return cls([content], np.zeros(rows, np.uint32), bounds)

    @classmethod
    def of(cls, rows: Sequence[bytes]) -> RowBytes:
        """Rows that were kept one by one."""
        if isinstance(rows, cls):
            return rows
        edges = np.fromiter(accumulate(map(len, rows), initial=0), np.uint64, len(rows) + 1)
        return cls.within(b"".join(rows), edges[:-1], edges[1:])

    @classmethod
    def joined(cls, parts: Sequence[Sequence[bytes]]) -> RowBytes:
        """All rows of all parts; contents that parts share are kept once."""
        numbers: dict[int, int] = {}
        contents: list[bytes] = []
        which: list[NDArray[np.uint32]] = []
        every = [cls.of(part) for part in parts]
        for part in every:
            for content in part._contents:
                if numbers.setdefault(id(content), len(contents)) == len(contents):
                    contents.append(content)
            own = np.array([numbers[id(content)] for content in part._contents], np.uint32)
            which.append(own[part._which])
        begins = np.concatenate([part._bounds[0] for part in every])
        ends = np.concatenate([part._bounds[1] for part in every])
        return cls(contents, np.concatenate(which), lambda: (begins, ends))

    def take(self, rows: NDArray[np.int64] | slice) -> RowBytes:
        """Some of the rows, by number."""
        begins, ends = (edges[rows] for edges in self._bounds)
        return RowBytes(self._contents, self._which[rows], lambda: (begins, ends))

    def runs(self) -> Iterator[tuple[bytes, Places, Places]]:
        """Neighbouring rows of one content: the content, and where each begins and ends."""
        edges = np.flatnonzero(np.diff(self._which)) + 1
        for begin, end in pairwise([0, *edges.tolist(), len(self)]):
            if begin < end:
                content = self._contents[self._which[begin]]
                yield content, self._bounds[0][begin:end], self._bounds[1][begin:end]

    @property
    def size(self) -> int:
        """Bytes of the contents that the rows keep alive."""
        return sum(map(len, self._contents))

    def __len__(self) -> int:
        return len(self._which)

    @overload
    def __getitem__(self, row: int) -> bytes: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[bytes]: ...

    def __getitem__(self, row: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(row, slice):
            whole = row.indices(len(self)) == (0, len(self), 1)
            return self if whole else self.take(row)
        content = self._contents[self._which[row]]
        found: bytes = content[int(self._bounds[0][row]) : int(self._bounds[1][row])]
        return found
