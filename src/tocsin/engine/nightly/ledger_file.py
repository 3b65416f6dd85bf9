"""The ledger of findings as a file: read range by range, and written range after range.

Row groups are cut by number of rows alone, so that the bytes do not tell where ranges were cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.engine.files import scratch_file
from tocsin.engine.lake.parquet import ROW_GROUP, write_pieces
from tocsin.engine.lake.schema import MOMENT
from tocsin.engine.nightly.distinct import one_array
from tocsin.engine.nightly.subject_ranges import Cuts, SubjectFile
from tocsin.model.address import MASK_64
from tocsin.model.errors import RunError

FORMAT = b"1"
"""Number of the ledger's form, in its metadata."""

FINDINGS = pa.schema(
    [
        ("id", pa.binary(16)),
        ("report_type", pa.string()),
        ("subject", pa.string()),
        ("subject_hi", pa.uint64()),
        ("subject_lo", pa.uint64()),
        ("subject_len", pa.uint8()),
        ("port", pa.int64()),
        ("infection", pa.string()),
        ("severity", pa.uint8()),
        ("first_seen", MOMENT),
        ("last_seen", MOMENT),
        ("last_day", pa.date32()),
        ("days_seen", pa.int64()),
        ("events", pa.int64()),
        ("sources", pa.list_(pa.string())),
        ("state", pa.string()),
        ("absent_days", pa.int64()),
        ("fixed_on", pa.date32()),
        ("relapsed_on", pa.date32()),
        ("relapses", pa.int64()),
    ],
    metadata={b"tocsin.format": FORMAT},
)
"""One finding a row, by subject. `subject_*` is null for a name; `infection` is empty for none,
`port` null. `severity` is that of the latest evidence, `last_day` its date. `days_seen` counts
dates with evidence. `events` are all events told; in a type whose window is longer than a day,
where the rows of two nights tell of the same events, the most that one row told. `state` is
`open` or `fixed`; `absent_days` counts since the latest evidence; `fixed_on` is the day of the
last such verdict, `relapsed_on` the date of the evidence against it."""

_NEVER_REPEATED = ("id", "subject", "subject_hi", "subject_lo")
_SEARCHED_BY = ("subject_hi", "subject_lo", "subject")


def ledger_subjects(path: Path) -> SubjectFile:
    """Where a ledger's subjects lie. RunError if it has a format that is not read here."""
    metadata = pq.read_schema(path).metadata
    if metadata is None or metadata.get(b"tocsin.format") != FORMAT:
        raise RunError(
            "the findings of the day before have a format that this Tocsin does not read",
            where=str(path),
            todo="use the Tocsin that wrote them",
        )
    return SubjectFile(path, "subject_hi", "subject_lo", "subject")


def read_ledger_range(path: Path | None, cuts: Cuts, number: int) -> pa.Table:
    """The findings of one range of subjects; report types and infections come coded."""
    coded = ["report_type", "infection"]
    if path is None:
        return _coded(FINDINGS.empty_table(), coded)
    with pq.ParquetFile(path, read_dictionary=coded) as stored:
        groups = [n for n in range(stored.num_row_groups) if _may_hold(stored, n, cuts, number)]
        if not groups:
            return _coded(FINDINGS.empty_table(), coded)
        rows = stored.read_row_groups(groups).unify_dictionaries().combine_chunks()
    subjects = (one_array(rows, name) for name in ("subject_hi", "subject_lo", "subject"))
    return rows.filter(pa.array(cuts.of_rows(*subjects) == number)).combine_chunks()


def _coded(table: pa.Table, names: Iterable[str]) -> pa.Table:
    for name in names:
        column = table.column(name).dictionary_encode()
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table.combine_chunks()


def _may_hold(stored: pq.ParquetFile, group: int, cuts: Cuts, number: int) -> bool:
    """Whether a row group may have subjects of a range, by what the file's footer says of it."""
    footer = stored.metadata.row_group(group)
    found = {footer.column(n).path_in_schema: footer.column(n) for n in range(footer.num_columns)}
    hi, lo, name = (found[each].statistics for each in _SEARCHED_BY)
    if hi is None or not hi.has_null_count:
        return True
    if hi.null_count and cuts.is_of_names(number):
        if hi.null_count < footer.num_rows or name is None or not name.has_min_max:
            return True
        least, greatest = cuts.of_names(pa.array([name.min, name.max], pa.string()))
        return bool(least <= number <= greatest)
    if hi.null_count == footer.num_rows or cuts.is_of_names(number):
        return False
    if lo is None or not (hi.has_min_max and lo.has_min_max):
        return True
    tells = hi.min == hi.max
    los = [lo.min, lo.max] if tells else [0, MASK_64]
    least, greatest = cuts.of_addresses(
        np.array([hi.min, hi.max], np.uint64), np.array(los, np.uint64)
    )
    return bool(least <= number <= greatest)


def write_range(ledger: pa.Table, path: Path) -> None:
    """Keep a range's findings, a table of FINDINGS in its order, until all are put together."""
    with scratch_file(path), pa.ipc.new_file(path, FINDINGS.remove_metadata()) as writer:
        writer.write_table(ledger, max_chunksize=ROW_GROUP)


def write_ledger(ranges: Iterable[Path], path: Path) -> None:
    """Put the ranges together in their order, whole or not at all; their own files go."""
    write_pieces(
        (piece.replace_schema_metadata(FINDINGS.metadata) for piece in _row_groups(ranges)),
        FINDINGS,
        path,
        never_repeated=_NEVER_REPEATED,
        searched_by=_SEARCHED_BY,
        store_schema=True,
    )


def _row_groups(ranges: Iterable[Path]) -> Iterator[pa.Table]:
    """The rows of all files in pieces of ROW_GROUP, the last one aside."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in (batch for path in ranges for batch in _batches(path)):
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= ROW_GROUP:
            whole = pa.Table.from_batches(waiting)
            yield whole.slice(0, ROW_GROUP).combine_chunks()
            rows -= ROW_GROUP
            waiting = whole.slice(ROW_GROUP).to_batches()
    if rows:
        yield pa.Table.from_batches(waiting).combine_chunks()


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(path)) as source:
        reader = pa.ipc.open_file(source)
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)
    path.unlink()
