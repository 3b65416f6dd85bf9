"""The published row behind a line of a report."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.engine.lake.layout import Unit, audiences_name, published_name
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.cells import Cell, plain_line
from tocsin.engine.nightly.publish import read_audiences
from tocsin.engine.nightly.slices import read_slice
from tocsin.engine.reports import FinishedReport
from tocsin.model.errors import RunError, UsageError

Row = Mapping[str, object]
"""A published row: column -> Python value."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row as the report shows it, line and cells, and as it was published."""

    line: str
    cells: Mapping[str, str]
    row: Row


def row_of(report: FinishedReport, store: Store, number: int) -> ReportRow:
    """The row of a report with that number, counted from 1 below the header.

    UsageError for a number that the report does not have; RunError where report and published
    rows do not agree.
    """
    rows = report.slice.rows
    if not 1 <= number <= rows:
        has = "1 row" if rows == 1 else f"{rows} rows"
        raise UsageError(
            f"{report.slice.file} has {has}, so none with the number {number}",
            todo="rows count from 1, below the header",
        )
    lines = read_slice(report.pack, report.slice).split(b"\n")
    try:
        found = _published_row(report, store, number)
    except (pa.ArrowInvalid, OSError) as error:  # the file is there, and is no whole Parquet
        raise _disagree(report) from error
    columns, cells = csv.reader([lines[0].decode(), lines[number].decode()])
    line = lines[number].decode()
    if plain_line([cast("Cell", found[name]) for name in columns]) != line + "\n":
        raise _disagree(report)
    return ReportRow(line, dict(zip(columns, cells, strict=True)), found)


def _published_row(report: FinishedReport, store: Store, number: int) -> Row:
    day, revision = report.day, report.package.revision
    unit = Unit(report.report_type, report.delayed)
    path = store.fetch(published_name(day, revision, unit))
    audiences = read_audiences(store.fetch(audiences_name(day, revision, unit)))
    ours = [n for n, lists in enumerate(audiences) if report.slice.list in lists]
    with pq.ParquetFile(path) as file:
        rows = file.read(columns=["_audience", "timestamp", "_id"])
        mask = pc.is_in(rows.column("_audience"), value_set=pa.array(ours, pa.int32()))
        positions = np.flatnonzero(mask.to_numpy())
        if len(positions) != report.slice.rows:
            raise _disagree(report)
        order = pc.sort_indices(
            rows.take(pa.array(positions)), [("timestamp", "ascending"), ("_id", "ascending")]
        )
        return _row_at(file, int(positions[order[number - 1].as_py()]))


def _row_at(file: pq.ParquetFile, position: int) -> Row:
    """One row, out of the only row group that has to be read for it."""
    for group in range(file.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        if position < size:
            (row,) = file.read_row_group(group).slice(position, 1).to_pylist()
            return cast("Row", row)
        position -= size
    raise IndexError(position)


def _disagree(report: FinishedReport) -> RunError:
    return RunError(
        f"{report.slice.file}: the report and the published rows do not agree",
        where=str(report.package.path),
        todo=f"make the day again: tocsin replay --date {report.package.day}",
    )
