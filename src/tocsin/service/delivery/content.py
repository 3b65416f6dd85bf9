"""The bytes of a report as its list may have them now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.catalogue.entries import ReportType
from tocsin.configuration.lake_store import lake_store
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.lake.layout import Unit, audiences_name, published_name
from tocsin.engine.nightly.cells import csv_lines, header_line
from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.publish import read_audiences
from tocsin.engine.nightly.slices import Slice, slice_chunks
from tocsin.engine.nightly.subscribers import ReportList
from tocsin.service import installation
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.standing import Share, Standing
from tocsin.service.subscribers.reported_rows import still_theirs

_IN_MEMORY = 8 << 20
"""A report up to this size is read once, checked, and sent; a larger one is read twice."""


class Gone(Exception):
    """The report is not kept any more."""


@dataclass(frozen=True, slots=True)
class Content:
    """A report that may be given out: its name, rows, size in bytes, SHA-256, and its bytes.

    Whole reports lie in a pack; small ones, and those that were cut, are in memory.
    """

    file: str
    rows: int
    size: int
    sha256: str
    pack: Path | None = None
    offset: int = 0
    kept: bytes = b""

    def pieces(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """The bytes from `first` to before `last`, in pieces. They were checked before."""
        last = self.size if last is None else min(last, self.size)
        if self.pack is None:
            yield self.kept[first:last]
            return
        with self.pack.open("rb") as stream:
            stream.seek(self.offset + first)
            left = last - first
            while left > 0 and (piece := stream.read(min(left, 1 << 18))):
                left -= len(piece)
                yield piece

    def whole(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces())


def content_of(report: Report, standing: Standing) -> Content | None:
    """What of the report (with its night loaded) its list may have; None if that is nothing.

    Gone if it is not kept any more; RunError if its bytes are damaged.
    """
    if standing.share is Share.NOTHING or standing.list is None:
        return None
    if standing.share is Share.WHOLE:
        return _whole(report)
    return _cut(report, standing.list)


def theirs_of(report: Report, standing: Standing) -> pa.Table:
    """The published rows of the report (with its night loaded) that its list may have now.

    Gone if they are not kept any more.
    """
    rows = all_of(report)
    report_type = home_catalogue(installation.home()).report_types.get(report.report_type)
    if standing.share is Share.NOTHING or standing.list is None or report_type is None:
        return rows.slice(0, 0)
    return rows if standing.share is Share.WHOLE else _still(rows, report_type, standing.list)


def _whole(report: Report) -> Content:
    pack = _package(report).path / report.pack
    if not pack.exists():
        raise Gone
    kept = b"".join(_checked(report, pack))
    if report.bytes <= _IN_MEMORY:
        return Content(report.file, report.rows, report.bytes, report.sha256, kept=kept)
    return Content(
        report.file, report.rows, report.bytes, report.sha256, pack=pack, offset=report.offset
    )


def _checked(report: Report, pack: Path) -> Iterator[bytes]:
    """The bytes, if they are few; a large report is only gone through."""
    place = Slice(
        file=report.file,
        list=report.list,
        list_name="",
        filter="",
        rows=report.rows,
        offset=report.offset,
        length=report.bytes,
        sha256=report.sha256,
    )
    for piece in slice_chunks(pack, place):
        if report.bytes <= _IN_MEMORY:
            yield piece


def _cut(report: Report, wanted: ReportList) -> Content | None:
    """The rows that a network which the list has now brings it, out of the published tier."""
    catalogue = home_catalogue(installation.home())
    report_type = catalogue.report_types.get(report.report_type)
    if report_type is None:
        return None
    rows = _still(all_of(report), report_type, wanted)
    if not rows.num_rows:
        return None
    ordered = rows.sort_by([("timestamp", "ascending"), ("_id", "ascending")])
    columns = report_type.columns
    lines = [each for piece in csv_lines(ordered, columns) for each in piece.to_pylist()]
    said = header_line(columns) + "".join(lines).encode()
    return Content(
        report.file, rows.num_rows, len(said), hashlib.sha256(said).hexdigest(), kept=said
    )


def all_of(report: Report) -> pa.Table:
    """The published rows that the night gave to the list; Gone if they are not kept any more."""
    unit = Unit(report.report_type, report.delayed)
    store = lake_store(installation.home(), installation.configuration())
    night = report.night
    names = (
        published_name(night.day, night.revision, unit),
        audiences_name(night.day, night.revision, unit),
    )
    try:
        rows, audiences = (store.fetch(each) for each in names)
    except FileNotFoundError as error:
        raise Gone from error
    theirs = [n for n, lists in enumerate(read_audiences(audiences)) if report.list in lists]
    return pq.read_table(rows, filters=[("_audience", "in", theirs)]) if theirs else _none(rows)


def _none(rows: Path) -> pa.Table:
    return pq.read_schema(rows).empty_table()


def _still(rows: pa.Table, report_type: ReportType, wanted: ReportList) -> pa.Table:
    told = [name for name in rows.column_names if name.startswith("_")] + ["timestamp"]
    marks = [still_theirs(row, report_type, wanted) for row in rows.select(told).to_pylist()]
    return rows.filter(pa.array(np.array(marks, np.bool_)))


def _package(report: Report) -> Package:
    return Package(installation.home().root, report.day, report.night.revision)
