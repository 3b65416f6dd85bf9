"""From bytes to physical lines to records, with true line numbers.

In NDJSON a line is a record. In CSV a quoted cell may hold line ends, and a quote too many must
not swallow the rest of the file. So lines are looked at by the number of their quotes:

- An even number: the line stands for itself.
- An odd number: it stands for itself if it has exactly the header's cells (the quotes are
  characters of unquoted cells, or have backslashes before them). Else it is joined with the
  lines up to the next odd one, if that gives exactly the header's cells. Else it alone is at
  fault, and the next line starts anew.

What a record is depends on nothing but the lines it may be made of; so it does not matter where
a content is cut into slices, as long as it is cut between records.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Protocol

from tocsin.engine.sources.csv_cells import Fault, split_cells, split_escaped
from tocsin.engine.sources.raw import MOST_RECORD_BYTES, MOST_REJECT_BYTES

BOM = b"\xef\xbb\xbf"
MOST_JOINED_LINES = 64
_BLOCK_BYTES = 1 << 19
_TOO_LONG = ("too_long", f"longer than {MOST_RECORD_BYTES} bytes")
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


def read_blocks(content: Bytes, *, cells: int, offset: int, first_line: int) -> Iterator[Block]:
    """The records of a stream that begins at a record. `cells`: of the header, 0 for NDJSON."""
    return _Cutter(content, cells, offset, first_line).blocks()


class _Cutter:
    """Holds what has been read and belongs to no block yet."""

    def __init__(self, content: Bytes, cells: int, offset: int, first_line: int) -> None:
        self.content = content
        self.cells = cells
        self.offset = offset
        self.line = first_line
        self.rest = b""

    def blocks(self) -> Iterator[Block]:
        while True:
            more = self.content.read(_BLOCK_BYTES)
            data = self.rest + more
            if not self.offset and data.startswith(BOM):
                data = data[len(BOM) :]
                self.offset = len(BOM)
            if not more:
                self.rest = b""
                if data:
                    yield self._block(data, final=True)
                return
            cut = data.rfind(b"\n") + 1
            self.rest = data[cut:]
            endless = len(self.rest) > MOST_RECORD_BYTES + 1
            if cut:
                tail = self.rest
                self.rest = b""
                yield self._block(data[:cut], final=endless)
                self.rest += tail
            if endless:
                yield self._overlong()

    def _block(self, data: bytes, *, final: bool) -> Block:
        """A block of whole lines; what may go on in later lines is put back unless `final`."""
        lines = data.split(b"\n")
        terminated = not lines[-1]
        if terminated:
            lines.pop()
        stripped = _without_returns(lines) if b"\r" in data else lines
        blank = {number for number, line in enumerate(stripped) if _is_blank(line)}
        odd: list[int] = []
        if self.cells and b'"' in data:
            odd = [number for number, line in enumerate(lines) if line.count(b'"') & 1]
        if not odd and not blank and max(map(len, stripped)) <= MOST_RECORD_BYTES:
            block = Block(
                self.offset,
                self.line,
                lines,
                list(stripped),
                range(len(lines)),
                terminated,
                single_lines=True,
            )
        else:
            block = _Joiner(lines, stripped, blank, odd, self.cells, final).block(
                self.offset, self.line, terminated
            )
            if len(block.lines) < len(lines):
                self.rest = b"\n".join([*lines[len(block.lines) :], b""])
        self.offset += len(data) - len(self.rest)
        self.line += len(block.lines)
        return block

    def _overlong(self) -> Block:
        """Read over a line that is longer than any record may be."""
        kept = self.rest[:MOST_REJECT_BYTES]
        length = len(self.rest)
        self.rest = b""
        terminated = False
        while more := self.content.read(_BLOCK_BYTES):
            end = more.find(b"\n")
            if end >= 0:
                length += end + 1
                self.rest = more[end + 1 :]
                terminated = True
                break
            length += len(more)
        faults = {0: _TOO_LONG}
        block = Block(self.offset, self.line, [kept], [kept], range(1), terminated, faults)
        self.offset += length
        self.line += 1
        return block


class _Joiner:
    """Makes records of lines where some are blank, too long, or have an odd number of quotes."""

    def __init__(
        self,
        raw: list[bytes],
        lines: list[bytes],
        blank: set[int],
        odd: list[int],
        cells: int,
        final: bool,
    ) -> None:
        self.raw = raw
        self.lines = lines
        self.blank = blank
        self.next_odd = dict(pairwise([*odd, len(lines)]))
        self.cells = cells
        self.final = final

    def block(self, offset: int, first_line: int, terminated: bool) -> Block:
        records: list[bytes] = []
        starts: list[int] = []
        faults: dict[int, tuple[str, str]] = {}
        number = blank = 0
        while number < len(self.lines):
            if number in self.blank:
                blank += 1
                number += 1
                continue
            record, taken, fault = self._record(number)
            if not taken:
                break
            if fault:
                faults[len(records)] = fault
            records.append(record)
            starts.append(number)
            number += taken
        whole = number == len(self.raw)
        return Block(
            offset,
            first_line,
            self.raw[:number],
            records,
            starts,
            terminated or not whole,
            faults,
            blank,
        )

    def _record(self, number: int) -> tuple[bytes, int, tuple[str, str] | None]:
        """The record that begins here, its lines, and its fault; no lines: more must be read."""
        line = self.lines[number]
        if len(line) > MOST_RECORD_BYTES:
            return line[:MOST_REJECT_BYTES], 1, _TOO_LONG
        if number not in self.next_odd:
            return line, 1, None
        return self._odd_record(number, line)

    def _odd_record(self, number: int, line: bytes) -> tuple[bytes, int, tuple[str, str] | None]:
        end = self.next_odd[number]
        text = line.decode("latin-1")
        alone = split_cells(text)
        if not isinstance(alone, Fault) and len(alone) == self.cells:
            return line, 1, None
        if split_escaped(text, self.cells) is not None:
            return line, 1, None
        if alone is Fault.OPEN:
            if end == len(self.lines) and not self.final and self._may_go_on(number):
                return b"", 0, None
            joined = self._join(number, end)
            if joined is not None:
                return joined, end + 1 - number, None
        detail = alone.value if isinstance(alone, Fault) else "an odd number of quotes"
        return line, 1, (UNBALANCED, detail)

    def _may_go_on(self, number: int) -> bool:
        held = self.lines[number:]
        return len(held) < MOST_JOINED_LINES and sum(map(len, held)) <= MOST_RECORD_BYTES

    def _join(self, number: int, end: int) -> bytes | None:
        if end == len(self.lines) or end + 1 - number > MOST_JOINED_LINES:
            return None
        if sum(map(len, self.lines[number : end + 1])) > MOST_RECORD_BYTES:
            return None
        joined = b"\n".join([*self.raw[number:end], self.lines[end]])
        cells = split_cells(joined.decode("latin-1"))
        if isinstance(cells, Fault) or len(cells) != self.cells:
            return None
        return joined


def _is_blank(line: bytes) -> bool:
    return not line or (line.isspace() and len(line) <= MOST_RECORD_BYTES)


def _without_returns(lines: list[bytes]) -> list[bytes]:
    return [line[:-1] if line.endswith(b"\r") else line for line in lines]
