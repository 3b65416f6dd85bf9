"""What both readers share: the slice's bytes, its account, and its cells as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.catalogue.entries import Source
from tocsin.engine.sources.blocks import Block, Bytes
from tocsin.engine.sources.identity import Identities, slice_hash
from tocsin.engine.sources.raw import MOST_REJECT_BYTES, RawGroup, ReadSlice, Reject, Slice, Survey
from tocsin.engine.sources.records import read_blocks
from tocsin.model.errors import InputError


class SliceAccount:
    """Counts every row of a slice into exactly one of: group, reject, drop."""

    def __init__(self, part: Slice, survey: Survey, source: Source) -> None:
        self._slice = part
        self._alone = not part.digest and not part.offset and part.length == survey.size
        # Without a checksum whoever reads the content has another means of telling.
        self._expected = survey.sha256 if self._alone else part.digest
        self._drop_repeats = source.filters.repeats
        self.identities = Identities(source.name, survey.header, part.carried)
        self.rejects: list[Reject] = []
        self.dropped: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()

    def blocks(self, content: Bytes, *, cells: int) -> Iterator[Block]:
        """The slice's records; InputError, at their end, if its bytes are not the surveyed ones."""
        exactly = self._exactly(content)
        for block in read_blocks(
            exactly, cells=cells, offset=self._slice.offset, first_line=self._slice.first_line
        ):
            self.notes["blank_lines"] += block.blank_lines
            yield block
        self._compare(exactly)

    def whole(self, content: Bytes) -> bytes:
        """All bytes of the slice; InputError if they are not the surveyed ones."""
        exactly = self._exactly(content)
        data = exactly.read(self._slice.length)
        while exactly.left and (more := exactly.read(exactly.left)):
            data += more
        self._compare(exactly)
        return data

    def _exactly(self, content: Bytes) -> _Exactly:
        if not self._expected:
            return _Exactly(content, self._slice.length, None)
        return _Exactly(content, self._slice.length, sha256() if self._alone else slice_hash())

    def _compare(self, exactly: _Exactly) -> None:
        digest = exactly.digest
        if exactly.left or (digest is not None and digest.hexdigest() != self._expected):
            raise changed()

    def reject(self, line: int, reason: str, detail: str, raw: bytes) -> None:
        """A row that cannot be read."""
        self.rejects.append(Reject(line, reason, detail, raw[:MOST_REJECT_BYTES]))

    def occurrences(self, records: Sequence[bytes]) -> list[int]:
        """How often each record came before; all records of the slice must pass here in order."""
        return self.identities.occurrences(records)

    def is_repeat(self, occurrence: int) -> bool:
        """Whether the source wants a row dropped that came so often before; counts it if so."""
        repeated = self._drop_repeats and occurrence > 0
        if repeated:
            self.dropped["repeat"] += 1
        return repeated

    def done(self, groups: Sequence[RawGroup]) -> ReadSlice:
        """The whole slice; InputError if it has not the number of rows that was surveyed."""
        accepted = sum(map(len, groups))
        rows = accepted + len(self.rejects) + sum(self.dropped.values())
        if rows != self._slice.records:
            raise changed()
        return ReadSlice(
            groups=tuple(groups),
            rejects=tuple(self.rejects),
            dropped=dict(+self.dropped),
            notes=dict(+self.notes),
            rows=rows,
        )


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class _Exactly:
    """A stream of so many bytes of another, hashed as they are read if need be."""

    def __init__(self, content: Bytes, length: int, digest: _Hash | None) -> None:
        self._content = content
        self.left = length
        self.digest = digest

    def read(self, size: int = -1, /) -> bytes:
        data = self._content.read(min(size, self.left))
        self.left -= len(data)
        if self.digest is not None:
            self.digest.update(data)
        return data


def changed() -> InputError:
    """What was surveyed is not what is there."""
    return InputError(
        "the file has changed while it was read",
        todo="hand in files only when they are written to their end, then collect again",
    )


def text_column(cells: Sequence[str | None], missing: pa.Array) -> pa.Array:
    """Cells as an Arrow column; those that say nothing become null."""
    return without_missing(pa.array(cells, pa.string()), missing)


def without_missing(column: pa.Array, missing: pa.Array) -> pa.Array:
    """The column with null for cells that say nothing."""
    absent = pc.is_in(column, value_set=missing)
    if not pc.any(absent).as_py():
        return column
    return pc.if_else(absent, pa.scalar(None, pa.string()), column)


def line_numbers(block: Block) -> NDArray[np.int64]:
    """The line of each of a block's records."""
    return np.asarray(block.starts, dtype=np.int64) + block.first_line
