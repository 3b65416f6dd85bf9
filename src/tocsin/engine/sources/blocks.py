"""Neighbouring records of a content, as they come out of its bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

BOM = b"\xef\xbb\xbf"
TOO_LONG = "too_long"
UNBALANCED = "unbalanced_quote"


class Bytes(Protocol):
    """A stream of content; `read` gives b"" only at its end."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Block:
    """Some neighbouring records.

    offset, first_line: where the block begins in its content. lines: its physical lines without
    their `\\n`. starts: per record, the number of its first line in the block. records: their
    bytes, without line end. faults: by record, why it cannot be read. terminated: the last line
    has a line end. single_lines: each record is one line, with an even number of quotes.
    """

    offset: int
    first_line: int
    lines: Sequence[bytes]
    records: list[bytes]
    starts: Sequence[int]
    terminated: bool
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)
    blank_lines: int = 0
    single_lines: bool = False

    def offset_of(self, record: int) -> int:
        """Where in the content a record begins."""
        before = self.starts[record]
        return self.offset + before + sum(map(len, self.lines[:before]))

    def without_first(self) -> Block:
        """The block without its first record."""
        faults = {number - 1: fault for number, fault in self.faults.items() if number}
        return replace(self, records=self.records[1:], starts=self.starts[1:], faults=faults)

    @property
    def cut_record(self) -> int:
        """The number of the record that ends without a line end, -1 if there is none."""
        if self.terminated or not self.records:
            return -1
        last = self.starts[-1] + self.records[-1].count(b"\n")
        return len(self.records) - 1 if last == len(self.lines) - 1 else -1
