"""How the cells of a CSV line are parted, in files that keep to other habits than reports do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.catalogue.reading import DELIMITERS, Reading
from tocsin.engine.sources.blocks import Block
from tocsin.engine.sources.csv_cells import Fault, split_by
from tocsin.engine.sources.csv_header import Header, decode
from tocsin.engine.sources.csv_rows import Row, split_rows
from tocsin.engine.sources.json_paths import split_path

COMMENT = "comment"
"""Why a line is dropped that is no row."""

_BLANKS = DELIMITERS["blanks"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A way of writing CSV.

    comment: how lines begin that are no rows. begins_with_header: the first record is the header,
    and no row. header_reason: why a row is dropped that is the header once more.
    """

    delimiter: str = ","
    comment: str = ""
    begins_with_header: bool = True
    header_reason: str = "repeated_header"

    @property
    def is_usual(self) -> bool:
        """Whether cells are parted by commas, and may hold line ends within quotes."""
        return self.delimiter == ","

    def is_plain(self, block: Block) -> bool:
        """Whether the block can be read whole, commas parting its cells and no comments in it."""
        if not self.is_usual:
            return False
        mark = self.comment.encode()
        return not mark or not any(record.startswith(mark) for record in block.records)

    def is_comment(self, text: str) -> bool:
        """Whether a record is none."""
        return bool(self.comment) and text.startswith(self.comment)

    def split(self, texts: Sequence[str]) -> list[Row]:
        """One row, or what is wrong with it, per text."""
        if self == REPORTS:
            return split_rows(texts)
        if self.delimiter == _BLANKS:
            return [text.split() for text in texts]
        return [self._cells(text) for text in texts]

    def _cells(self, text: str) -> Row:
        cells = [] if self.is_comment(text) else split_by(text, self.delimiter)
        return cells if isinstance(cells, Fault) else [cell.strip() for cell in cells]


REPORTS = Dialect()
"""That of reports."""


def dialect_of(reading: Reading) -> Dialect:
    """The dialect that a source declares. A header line may stand below comments."""
    return Dialect(
        delimiter=DELIMITERS[reading.delimiter],
        comment=reading.comment,
        begins_with_header=False,
        header_reason="header",
    )


def declared_header(reading: Reading, line: bytes) -> Header | str:
    """What the cells are called, by the source or by the header line; else what is wrong.

    `cells` of the header counts where cells may hold line ends, else it is 0.
    """
    if reading.header:
        return Header(reading.header, 0)
    dialect = dialect_of(reading)
    (cells,) = dialect.split([decode(line)[0]])
    if isinstance(cells, Fault):
        return f"the header line is broken: {cells.value}"
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return f"the header line names {', '.join(twice)[:100]} twice"
    wanted = reading.named
    if wanted and not any(split_path(name, names)[0] for name in wanted):
        return f"the first line names none of {', '.join(sorted(wanted))[:200]}"
    return Header(tuple(names), len(cells) if dialect.is_usual else 0)


def header_line(reading: Reading, sample: bytes) -> bytes:
    """The first line of a content's beginning that is no comment, unless the source names cells."""
    if reading.header:
        return b""
    mark = reading.comment.encode()
    for line in sample.split(b"\n"):
        if line.strip() and not (mark and line.startswith(mark)):
            return line.removesuffix(b"\r")
    return b""
