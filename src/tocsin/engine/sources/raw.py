"""What reading gives: members of files, slices of contents, and rows before any judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.sources.row_bytes import RowBytes
from tocsin.engine.sources.sessions import Sessions, SessionsFound

MOST_RECORD_BYTES = 1 << 20
"""A longer record is rejected; no report has one, and one must not fill the memory."""

MOST_REJECT_BYTES = 1 << 16
"""How much of a rejected record is kept."""


@dataclass(frozen=True, slots=True)
class Member:
    """One content that a file holds: the file itself, or one entry of a zip.

    `inner` is the entry's name within a zip, "" else; it is never used as a path. `name` is the
    name that tells the report type, without `.gz`, `.zst` or `.zip`. `rewritten`: the format by
    which it is turned into lines (`rewriting`), "" for what is read as it is.
    """

    path: Path
    inner: str
    name: str
    rewritten: str = ""

    @property
    def place(self) -> str:
        """For messages: the file, and the entry within it."""
        return f"{self.path}!{self.inner}" if self.inner else str(self.path)


@dataclass(frozen=True, slots=True)
class Slice:
    """Neighbouring records of a content, which are read in one go.

    `offset` and `length` are bytes of the decompressed content; `first_line` counts from 1.
    `carried`: for records of this slice that occurred before it in the content, how often; the
    key is the BLAKE2b-128 of the record's bytes, hexadecimal. `digest`: BLAKE2b-128 of the slice's
    bytes, hexadecimal, which reading compares; "" if it is not known, or if the slice is the whole
    content, whose SHA-256 or seal is compared then. `sessions`: what its rows need of sessions that
    were opened before it (`sessions`).
    """

    offset: int
    length: int
    first_line: int
    records: int
    carried: Mapping[str, int]
    digest: str = ""
    sessions: Sessions = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sealed:
    """The packed bytes of a file: how many, and their SHA-256, hexadecimal."""

    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a content found, before any record was read.

    size: bytes, decompressed. sha256: of the content, hexadecimal. head: SHA-256 over its first
    two lines, by which a grown file is found again. records: rows in `slices`. skipped_*: the
    beginning that was taken in before. header: the CSV header line, "" for formats without one.
    sealed: the file, where it is one gzip; equal packed bytes have equal content. sessions: in
    formats that have them, those that go on beyond the content.
    """

    size: int
    sha256: str
    head: str
    records: int
    skipped_records: int
    skipped_bytes: int
    slices: tuple[Slice, ...]
    header: bytes
    sealed: Sealed | None = None
    sessions: SessionsFound | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that cannot be read. `line` is where it begins, `raw` its first 64 KiB."""

    line: int
    reason: str
    detail: str
    raw: bytes


@dataclass(frozen=True)
class RawGroup:
    """Rows that go to the same report types, or are observations of the same kind.

    cells: string columns named as the input named them, null where a row says nothing; after
    rules, some are coded (`lake.coded`).
    lines: the line on which each row begins. ids: the rows' stable identities, 16 bytes each.
    raws: each row's bytes, without its line end. sensors: null where none is named.
    confirmed: whether the host name of the row is forward-confirmed.
    rules: what put each row into its type; None if the source itself did. Rows without target and
    observation are for the rules of their source.
    rows: where rows of the input held several events each, the number of the row that each event
    is of, ascending; None: each is a row.
    """

    targets: tuple[str, ...]
    observation: str
    cells: pa.Table
    lines: NDArray[np.int64]
    ids: pa.FixedSizeBinaryArray
    raws: Sequence[bytes]
    sensors: pa.StringArray
    confirmed: NDArray[np.bool_]
    rules: pa.DictionaryArray | None = None
    rows: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.raws)

    def cut(
        self, begin: int, end: int, targets: tuple[str, ...], observation: str = ""
    ) -> RawGroup:
        """Neighbouring rows, and where these go."""
        size = end - begin
        return RawGroup(
            targets=targets,
            observation=observation,
            cells=self.cells.slice(begin, size),
            lines=self.lines[begin:end],
            ids=self.ids.slice(begin, size),
            raws=self.raws[begin:end],
            sensors=self.sensors.slice(begin, size),
            confirmed=self.confirmed[begin:end],
            rules=None if self.rules is None else self.rules.slice(begin, size),
            rows=None if self.rows is None else self.rows[begin:end],
        )

    def take(self, rows: NDArray[np.int64]) -> RawGroup:
        """Some of the rows, by number, and as often as they are named."""
        places = pa.array(rows)
        return replace(
            self,
            cells=self.cells.take(places),
            lines=self.lines[rows],
            ids=self.ids.take(places),
            raws=RowBytes.of(self.raws).take(rows),
            sensors=self.sensors.take(places),
            confirmed=self.confirmed[rows],
            rules=None if self.rules is None else self.rules.take(places),
            rows=None if self.rows is None else self.rows[rows],
        )

    def with_cells(self, cells: pa.Table) -> RawGroup:
        """The same rows with other cells."""
        return replace(self, cells=cells)


@dataclass(frozen=True)
class ReadSlice:
    """All of a slice: `rows == sum(len(group)) + len(rejects) + sum(dropped)`, always.

    Where rows held several events, groups have more of them than rows: `notes` counts how many
    more (`more_events`). Blank lines and the first header are no rows; `notes` counts them
    (`blank_lines`, `header_lines`) beside what was odd about rows that were accepted.
    """

    groups: tuple[RawGroup, ...]
    rejects: tuple[Reject, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0
