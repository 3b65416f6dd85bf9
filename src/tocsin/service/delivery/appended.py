"""The cells that are appended to the rows of a report, and the report with them.

A row stays the line that the night wrote; what is appended stands behind it. Of each row some
fifty bytes are held, whatever its line is like, and a large report is never whole in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.catalogue.entries import ReportType
from tocsin.engine.nightly.cells import plain_line
from tocsin.engine.nightly.distinct import one_array
from tocsin.engine.nightly.subject_ranges import numbers_of
from tocsin.service.delivery.extra import Extra
from tocsin.service.findings.labels import Labels
from tocsin.service.findings.row_ids import ID, columns_for_ids, ids_of_rows
from tocsin.service.subscribers.models.mailing_list import ExtraColumn

_AT_ONCE = 1 << 16
_SUBJECT = ("_subject_hi", "_subject_lo", "_subject_len")
_ORDER = ("timestamp", "_id")


class Disagree(Exception):
    """The report has not as many rows as there are cells for."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What stands behind each row, in the order of the report.

    columns: their names. cells: a table with a column of each name: ids of ID, numbers of `labels`.
    """

    columns: tuple[str, ...]
    cells: pa.Table
    labels: tuple[str, ...]

    def lines(self) -> Iterator[bytes]:
        """What goes behind the header, and then behind each row, with the end of the line."""
        yield _behind([_cell(name) for name in self.columns])
        told = [_cell(word or None) for word in self.labels]
        for begin in range(0, self.cells.num_rows, _AT_ONCE):
            some = self.cells.slice(begin, _AT_ONCE)
            columns = [_TEXTS[name](some, told) for name in self.columns]
            yield from map(_behind, zip(*columns, strict=True))

    def after(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The report of these pieces with them; Disagree, perhaps late, if they do not fit."""
        if not self.columns:
            yield from pieces
            return
        lines, left = self.lines(), b""
        for piece in pieces:
            *whole, left = (left + piece).split(b"\n")
            # Ends with the lines of the piece, unless there is nothing left to append.
            told = b"".join(chain.from_iterable(zip(whole, lines, strict=False)))
            if told.count(b"\n") != len(whole):
                raise Disagree
            yield told
        if left or next(lines, None) is not None:
            raise Disagree


def appended_to(rows: pa.Table, report_type: ReportType | None, extra: Extra) -> Appended:
    """Of published rows, in their order."""
    columns, labels = _names(report_type, extra), _Numbers()
    return Appended(columns, _narrow(rows, columns, report_type, extra, labels), labels.words)


def appended_to_file(
    path: Path, audiences: Collection[int], report_type: ReportType | None, extra: Extra
) -> Appended:
    """Of the rows of a published file that are for one of these audiences, by time and id."""
    columns, labels = _names(report_type, extra), _Numbers()
    ours = pa.array(sorted(audiences), pa.int32())
    wanted = {*_ORDER, *_SUBJECT, *(columns_for_ids(report_type) if report_type else ())}
    found = []
    with pq.ParquetFile(path) as file:
        there = [name for name in file.schema_arrow.names if name in wanted]
        for group in range(file.num_row_groups):
            # Rows lie by subject, so that most parts of a large file have none of the list's.
            told = file.read_row_group(group, columns=["_audience"]).column("_audience")
            mine = pc.is_in(told, value_set=ours)
            if not pc.any(mine).as_py():
                continue
            rows = file.read_row_group(group, columns=there).filter(mine)
            narrow = _narrow(rows, columns, report_type, extra, labels)
            for name in _ORDER:
                narrow = narrow.append_column(name, rows.column(name))
            found.append(narrow)
    if not found:
        return Appended(columns, pa.table({name: [] for name in columns}), ())
    cells = pa.concat_tables(found).sort_by([(name, "ascending") for name in _ORDER])
    return Appended(columns, cells.select(list(columns)), labels.words)


class _Numbers:
    """Numbers of texts, in the order in which they were met."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def of(self, text: str) -> int:
        return self._known.setdefault(text, len(self._known))

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self._known)


def _names(report_type: ReportType | None, extra: Extra) -> tuple[str, ...]:
    """Those that the type has no column of its own for: a name stands in a header once."""
    if report_type is None:
        return extra.columns
    return tuple(name for name in extra.columns if report_type.column(name) is None)


def _narrow(
    rows: pa.Table,
    columns: tuple[str, ...],
    report_type: ReportType | None,
    extra: Extra,
    labels: _Numbers,
) -> pa.Table:
    found = {}
    if ExtraColumn.FINDING_ID in columns:
        known = ids_of_rows(rows, report_type) if report_type is not None else None
        found[ExtraColumn.FINDING_ID.value] = (
            pa.nulls(rows.num_rows, ID) if known is None else known
        )
    if ExtraColumn.LABEL in columns and extra.own is not None:
        found[ExtraColumn.LABEL.value] = _labels(rows, extra.own.found, labels)
    return pa.table(found)


def _labels(rows: pa.Table, labels: Labels, numbers: _Numbers) -> pa.Int32Array:
    hi, lo, length = (one_array(rows, name) for name in _SUBJECT)
    there = hi.is_valid().to_numpy(zero_copy_only=False)
    subjects = zip(*(numbers_of(each).tolist() for each in (hi, lo, length)), strict=True)
    known: dict[tuple[int, int, int], int] = {}
    found = np.zeros(rows.num_rows, np.int32)
    for row, (subject, is_there) in enumerate(zip(subjects, there.tolist(), strict=True)):
        number = known.get(subject) if is_there else numbers.of("")
        if number is None:
            high, low, bits = subject
            number = known[subject] = numbers.of(labels.label((high << 64) | low, bits))
        found[row] = number
    return pa.array(found)


def _id_texts(cells: pa.Table, _told: list[str]) -> Iterator[str]:
    ids = cells.column(ExtraColumn.FINDING_ID.value).to_pylist()
    return ("" if each is None else f'"{each.hex()}"' for each in ids)


def _label_texts(cells: pa.Table, told: list[str]) -> Iterator[str]:
    return (told[each] for each in cells.column(ExtraColumn.LABEL.value).to_pylist())


_TEXTS: Mapping[str, Callable[[pa.Table, list[str]], Iterator[str]]] = {
    ExtraColumn.FINDING_ID.value: _id_texts,
    ExtraColumn.LABEL.value: _label_texts,
}


def _cell(text: str | None) -> str:
    """As reports have cells."""
    return plain_line([text]).removesuffix("\n")


def _behind(cells: Iterable[str]) -> bytes:
    return "".join([f",{each}" for each in cells]).encode() + b"\n"
