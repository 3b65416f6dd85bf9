"""Where a content is cut into slices."""

from __future__ import annotations

from tocsin.engine.sources.blocks import Block
from tocsin.engine.sources.raw import Slice
from tocsin.engine.sources.repeats import Cut, Repeats
from tocsin.engine.sources.tape import Tape

SLICE_BYTES = 1 << 27
"""A slice is cut at so many bytes even if it has few records; a worker holds one in memory."""

SLICE_CELLS = 1 << 25
"""Nor has it more cells than this, however many columns the header has."""


class Slicer:
    """Counts records and decides where slices begin.

    `tape`: what the records are read from. `cells`: of the header, 0 without one.
    """

    def __init__(self, tape: Tape, slice_records: int, *, cells: int, has_header: bool) -> None:
        self.records = 0
        self._tape = tape
        self._next_line = 1
        self._header_due = has_header
        self._most = min(slice_records, SLICE_CELLS // max(cells, 1))
        self._repeats = Repeats()
        self._cuts = [Cut(0, 0, 1)]
        self._digests: list[str] = []

    @property
    def skipped(self) -> Cut:
        """The end of what had been taken in earlier."""
        return self._cuts[0]

    @property
    def starts(self) -> list[int]:
        """The numbers of the records at which slices begin, as far as is known."""
        return [cut.record for cut in self._cuts]

    def add(self, block: Block) -> None:
        """Take in the next records of the content."""
        self._next_line = block.first_line + len(block.lines)
        first = int(self._header_due and bool(block.records))
        if first:
            self._header_due = False
        self._cut_within(block, first)
        self.records += len(block.records) - first
        self._repeats.add(block.records[first:])

    def _cut_within(self, block: Block, first: int) -> None:
        """Begin slices at the records of the block at which the one before is full."""
        last = self._cuts[-1]
        number = first + last.record + self._most - self.records
        if block.offset - last.offset >= SLICE_BYTES and self.records > last.record:
            number = first
        while number < len(block.records):
            line = block.first_line + block.starts[number]
            record = self.records + number - first
            cut = Cut(record, block.offset_of(number), line)
            self._digests.append(self._tape.cut(cut.offset))
            self._cuts.append(cut)
            number += self._most

    def forget(self, offset: int) -> None:
        """What came so far had been taken in earlier: its rows count, its slices do not."""
        self._tape.cut(offset)
        self._cuts = [Cut(self.records, offset, self._next_line)]
        self._digests = []

    def slices(self, *, complete: bool) -> tuple[Slice, ...]:
        """The slices, once all records are added; they cover every byte not taken in earlier.

        `complete`: all of the content had been taken in.
        """
        size = self._tape.given
        if complete:
            self.forget(size)
            return ()
        alone = len(self._cuts) == 1 and not self._cuts[0].offset
        # A slice that is the whole content is told by the content's own checksum.
        digests = [""] if alone else [*self._digests, self._tape.cut(size)]
        return self._repeats.slices(self._cuts, Cut(self.records, size, self._next_line), digests)
