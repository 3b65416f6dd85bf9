"""The columns of a slice of CSV as they grow, block by block.

Blocks in which nothing can be read in two ways go to Arrow whole; all others row by row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.catalogue.entries import Source
from tocsin.engine.sources.blocks import UNBALANCED, Block
from tocsin.engine.sources.csv_cells import Fault, split_escaped
from tocsin.engine.sources.csv_columns import PlainColumns
from tocsin.engine.sources.csv_dialect import COMMENT, Dialect
from tocsin.engine.sources.csv_header import Header
from tocsin.engine.sources.csv_rows import Row, decode_all
from tocsin.engine.sources.raw import RawGroup, Slice, Survey
from tocsin.engine.sources.slice_reading import SliceAccount, line_numbers, text_column

Cells = list[str | None]
_MOST_AT_ONCE = 2_048


class CsvReading:
    """Reads the records of one slice. The group has the columns of the header."""

    def __init__(
        self,
        part: Slice,
        header: Header,
        source: Source,
        survey: Survey,
        dialect: Dialect,
    ) -> None:
        self._dialect = dialect
        self.account = SliceAccount(part, survey, source)
        self._names = list(header.names)
        self._cells = header.cells
        self._missing = pa.array(source.missing, pa.string())
        self._plain = PlainColumns(header.names, source.missing)
        self._drops_repeats = source.filters.repeats
        self._header_due = dialect.begins_with_header and not part.offset
        self._schema = pa.schema([(name, pa.string()) for name in header.names])
        self._tables: list[pa.Table] = []
        self._raws: list[bytes] = []
        self._ids: list[pa.FixedSizeBinaryArray] = []
        self._lines: list[NDArray[np.int64]] = []

    def add(self, block: Block) -> None:
        """Read the records of a block."""
        block = self._without_header(block)
        occurrences = self.account.occurrences(block.records)
        if not (self._drops_repeats and any(occurrences)) and self._dialect.is_plain(block):
            table = self._plain.read(block)
            if table is not None:
                self._keep(block.records, line_numbers(block), table, occurrences)
                return
        self._sift(block, occurrences)

    def _without_header(self, block: Block) -> Block:
        if not (self._header_due and block.records):
            return block
        self._header_due = False
        self.account.notes["header_lines"] += 1
        return block.without_first()

    def _sift(self, block: Block, occurrences: Sequence[int]) -> None:
        """Decide row by row."""
        texts, latin1, nuls = decode_all(block.records)
        self.account.notes["latin1"] += latin1
        self.account.notes["nul_bytes"] += nuls
        rows = self._dialect.split(texts)
        cut_record = block.cut_record
        lines = line_numbers(block)
        kept: list[int] = []
        kept_rows: list[Cells] = []
        for number, text in enumerate(texts):
            if self._dialect.is_comment(text):
                self.account.dropped[COMMENT] += 1
                continue
            row = self._best(rows[number], text)
            cut = number == cut_record
            fitted = block.faults.get(number) or self._fitted(row, cut=cut)
            if isinstance(fitted, tuple):
                reason, detail = fitted
                self.account.reject(int(lines[number]), reason, detail, block.records[number])
            elif self._is_header(fitted):
                self.account.dropped[self._dialect.header_reason] += 1
            elif not self.account.is_repeat(occurrences[number]):
                kept.append(number)
                kept_rows.append(fitted)
                self.account.notes["short_row"] += fitted[-1:] == [None]
                if len(kept) == _MOST_AT_ONCE:
                    self._keep_some(block, kept, kept_rows, occurrences)
                    kept, kept_rows = [], []
        self._keep_some(block, kept, kept_rows, occurrences)

    def _keep_some(
        self, block: Block, kept: list[int], rows: list[Cells], occurrences: Sequence[int]
    ) -> None:
        if kept:
            records = [block.records[number] for number in kept]
            counts = [occurrences[number] for number in kept]
            self._keep(records, line_numbers(block)[kept], self._table(rows), counts)

    def _table(self, rows: Sequence[Cells]) -> pa.Table:
        columns = [text_column(cells, self._missing) for cells in zip(*rows, strict=True)]
        return pa.Table.from_arrays(columns, schema=self._schema)

    def _is_header(self, row: Cells) -> bool:
        """Whether the row is the header; where the source names cells, also a shorter one."""
        said = [cell for cell in row if cell]
        if len(said) < len(self._names) and (self._dialect.begins_with_header or len(said) < 2):
            return False
        return said == self._names[: len(said)] == row[: len(said)]

    def _best(self, row: Row, text: str) -> Row:
        """The row, read with backslashes before quotes where only that gives the right cells."""
        if isinstance(row, list) and len(row) == self._cells:
            return row
        escaped = split_escaped(text, self._cells) if self._dialect.is_usual else None
        if escaped is None:
            return row
        self.account.notes["backslash_quotes"] += 1
        return escaped

    def _fitted(self, row: Row, *, cut: bool) -> Cells | tuple[str, str]:
        """The row with as many cells as there are columns, or reason and detail of its reject."""
        if isinstance(row, Fault):
            return UNBALANCED, row.value
        width = len(self._names)
        cells: Cells = [*(row or [""])]
        if len(cells) < width:
            if cut:
                return "cut_row", f"{len(cells)} of {width} cells, and then the file ends"
            return cells + [None] * (width - len(cells))
        if any(cells[width:]):
            return "too_many_cells", f"{len(cells)} cells, {width} are the most"
        return cells[:width]

    def _keep(
        self,
        records: Sequence[bytes],
        lines: NDArray[np.int64],
        table: pa.Table,
        occurrences: Sequence[int],
    ) -> None:
        self._tables.append(table)
        self._raws += records
        self._lines.append(lines)
        self._ids.append(self.account.identities.ids(records, occurrences))

    def groups(self, report_type: str) -> list[RawGroup]:
        """All accepted rows, in their order; no group where there is none."""
        if not self._raws:
            return []
        group = RawGroup(
            targets=(report_type,),
            observation="",
            cells=pa.concat_tables(self._tables),
            lines=np.concatenate(self._lines),
            ids=pa.concat_arrays(self._ids),
            raws=self._raws,
            sensors=pa.nulls(len(self._raws), pa.string()),
            confirmed=np.zeros(len(self._raws), dtype=np.bool_),
        )
        return [group]
