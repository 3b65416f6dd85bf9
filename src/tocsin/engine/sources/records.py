"""From bytes to physical lines to records, with true line numbers.

In NDJSON a line is a record; what it is in CSV, `joining` says. It depends on nothing but the
lines that the record may be made of; so it does not matter where a content is cut into slices,
as long as it is cut between records.
"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.engine.sources.blocks import BOM, Block, Bytes
from tocsin.engine.sources.joining import OVERLONG, Joiner
from tocsin.engine.sources.raw import MOST_RECORD_BYTES, MOST_REJECT_BYTES

_BLOCK_BYTES = 1 << 19
MOST_AHEAD = 1 << 23
"""No block begins further back than this from where the stream has been read to."""


def read_blocks(
    content: Bytes, *, cells: int, offset: int, first_line: int, compiled: bool = False
) -> Iterator[Block]:
    """The records of a stream that begins at a record. `cells`: of the header, 0 for NDJSON.

    `compiled`: find lines with a compiled loop, if records are lines; worth it where there is
    much to read.
    """
    return _Cutter(content, cells, offset, first_line, compiled and not cells).blocks()


class _Cutter:
    """Holds what has been read and belongs to no block yet."""

    def __init__(
        self, content: Bytes, cells: int, offset: int, first_line: int, compiled: bool
    ) -> None:
        self.content = content
        self.cells = cells
        self.compiled = compiled
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
                yield from self._overlong()

    def _block(self, data: bytes, *, final: bool) -> Block:
        """A block of whole lines; what may go on in later lines is put back unless `final`."""
        block = self._line_block(data) if self.compiled else None
        if block is None:
            block = self._joined_block(data, final)
        self.offset += len(data) - len(self.rest)
        self.line += len(block.lines)
        return block

    def _line_block(self, data: bytes) -> Block | None:
        # Loaded only where it is wanted.
        from tocsin.engine.sources.line_block import line_block  # noqa: PLC0415 - see above

        return line_block(data, self.offset, self.line)

    def _joined_block(self, data: bytes, final: bool) -> Block:
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
            block = Joiner(lines, stripped, blank, odd, self.cells, final).block(
                self.offset, self.line, terminated
            )
            if len(block.lines) < len(lines):
                self.rest = b"\n".join([*lines[len(block.lines) :], b""])
        return block

    def _overlong(self) -> Iterator[Block]:
        """Read over a line that is longer than any record may be, once it has been told.

        Whoever follows the bytes need not keep those of the line, however long it is.
        """
        kept = self.rest[:MOST_REJECT_BYTES]
        length = len(self.rest)
        self.rest = b""
        yield Block(self.offset, self.line, [kept], [kept], range(1), True, {0: OVERLONG})
        while more := self.content.read(_BLOCK_BYTES):
            end = more.find(b"\n")
            if end >= 0:
                length += end + 1
                self.rest = more[end + 1 :]
                break
            length += len(more)
        self.offset += length
        self.line += 1


def _is_blank(line: bytes) -> bool:
    return not line or (line.isspace() and len(line) <= MOST_RECORD_BYTES)


def _without_returns(lines: list[bytes]) -> list[bytes]:
    return [line[:-1] if line.endswith(b"\r") else line for line in lines]
