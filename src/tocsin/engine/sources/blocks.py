"""Neighbouring records of a content, as they come out of its bytes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
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
    records: Sequence[bytes]
    starts: Sequence[int]
    terminated: bool
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)
    blank_lines: int = 0
    single_lines: bool = False

    def offset_of(self, record: int) -> int:
        """Where in the content a record begins."""
        return self.offset_of_line(self.starts[record])

    def offset_of_line(self, line: int) -> int:
        """Where in the content a line of the block begins; the line after the last one, too."""
        return self.offset + line + sum(map(len, self.lines[:line]))

    def line_at(self, offset: int) -> int:
        """The number of the line, or blank line, that begins there and within no record; else -1.

        The end of the block is the beginning of the next one, and so no place in this one.
        """
        if offset == self.offset:
            return 0
        ends = accumulate((len(line) + 1 for line in self.lines[:-1]), initial=self.offset)
        line = next((number for number, end in enumerate(ends) if end == offset), -1)
        record = bisect_right(self.starts, line) - 1
        if line < 0 or record < 0 or self.starts[record] == line:
            return line
        last = self.starts[record] + self.records[record].count(b"\n")
        return line if line > last else -1

    def divided(self, line: int) -> tuple[Block, Block]:
        """The block up to a line at which no record is open, and from there."""
        count = bisect_left(self.starts, line)
        first = replace(
            self,
            lines=self.lines[:line],
            records=self.records[:count],
            starts=self.starts[:count],
            faults={number: fault for number, fault in self.faults.items() if number < count},
            terminated=True,
        )
        second = replace(
            self,
            offset=self.offset_of_line(line),
            first_line=self.first_line + line,
            lines=self.lines[line:],
            records=self.records[count:],
            starts=[start - line for start in self.starts[count:]],
            faults={
                number - count: fault for number, fault in self.faults.items() if number >= count
            },
        )
        return first, second

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
