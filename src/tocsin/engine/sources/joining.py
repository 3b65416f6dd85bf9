"""Records of lines some of which are blank, too long, or have an odd number of quotes.

In CSV a quoted cell may hold line ends, and a quote too many must not swallow the rest of the
file. So lines are looked at by the number of their quotes:

- An even number: the line stands for itself.
- An odd number: it stands for itself if it has exactly the header's cells (the quotes are
  characters of unquoted cells, or have backslashes before them). Else it is joined with the
  lines up to the next odd one, if that gives exactly the header's cells. Else it alone is at
  fault, and the next line starts anew.
"""

from __future__ import annotations

from itertools import pairwise

from tocsin.engine.sources.blocks import TOO_LONG, UNBALANCED, Block
from tocsin.engine.sources.csv_cells import Fault, split_cells, split_escaped
from tocsin.engine.sources.raw import MOST_RECORD_BYTES, MOST_REJECT_BYTES

MOST_JOINED_LINES = 64
OVERLONG = (TOO_LONG, f"longer than {MOST_RECORD_BYTES} bytes")


class Joiner:
    """Makes records of some lines.

    raw: the lines as they are; lines: without carriage return at the end. blank, odd: numbers
    of lines that are so. cells: of the header. final: no line that follows may be joined.
    """

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
            return line[:MOST_REJECT_BYTES], 1, OVERLONG
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
