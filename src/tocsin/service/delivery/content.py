"""The bytes of a report as its list may have them now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

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
from tocsin.model.errors import RunError
from tocsin.service import installation
from tocsin.service.delivery.appended import Appended, Disagree, appended_to, appended_to_file
from tocsin.service.delivery.brake.withheld import Reported, is_held_whole, parts_cut
from tocsin.service.delivery.brake.withheld import rows_of as part_rows
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.shown import KEPT_BACK
from tocsin.service.delivery.standing import Share, Standing
from tocsin.service.subscribers.cases.reported_rows import still_theirs

_IN_MEMORY = 8 << 20
"""A report up to this size is read once, checked, and sent; a larger one is read twice."""


class Gone(Exception):
    """The report is not kept any more."""


@dataclass(frozen=True, slots=True)
class Content:
    """A report that may be given out: its name, rows, size in bytes, SHA-256, and its bytes.

    Whole reports lie in a pack; small ones, and those that were cut, are in memory. longer: where
    columns are appended, what it is made of.
    """

    file: str
    rows: int
    size: int
    sha256: str
    pack: Path | None = None
    offset: int = 0
    kept: bytes = b""
    longer: Longer | None = None

    def pieces(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """The bytes from `first` to before `last`, in pieces. They were checked before."""
        last = self.size if last is None else min(last, self.size)
        if self.kept or (self.pack is None and self.longer is None):
            return iter((self.kept[first:last],))
        # Opened at once: what is pruned from now on is read to its end.
        if self.longer is not None:
            return _between(self.longer.pieces(), first, last)
        assert self.pack is not None  # noqa: S101 - as just seen
        return _pieces(self.pack.open("rb"), self.offset + first, last - first)

    def whole(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces())


def _pieces(stream: BinaryIO, begin: int, left: int) -> Iterator[bytes]:
    with stream:
        stream.seek(begin)
        while left > 0 and (piece := stream.read(min(left, 1 << 18))):
            left -= len(piece)
            yield piece


def _between(pieces: Iterator[bytes], first: int, last: int) -> Iterator[bytes]:
    at = 0
    for piece in pieces:
        if at >= last:
            return
        if wanted := piece[max(0, first - at) : last - at]:
            yield wanted
        at += len(piece)


@dataclass(frozen=True, slots=True)
class Longer:
    """A report without what is appended to it, and that."""

    plain: Content
    appended: Appended

    def pieces(self) -> Iterator[bytes]:
        """The bytes of both."""
        return self.appended.after(self.plain.pieces())


def is_kept(report: Report) -> bool:
    """Whether the file that holds the report (with its night loaded) is still there."""
    return _pack(report).exists()


def share_of(report: Reported, standing: Standing) -> Share:
    """How much of a report its list may have now: what the brake or a recall cuts is cut."""
    if standing.share is Share.NOTHING or is_held_whole(report, standing.cuts):
        return Share.NOTHING
    return Share.CUT if parts_cut(report, standing.cuts) else standing.share


def content_of(report: Report, standing: Standing) -> Content | None:
    """What of the report (with its night loaded) its list may have; None if that is nothing.

    Gone if it is not kept any more; RunError if its bytes are damaged.
    """
    share = share_of(report, standing)
    if share is Share.NOTHING:
        return None
    if share is Share.CUT:
        return _cut(report, standing)
    plain = _whole(report)
    if not standing.extra.columns:
        return plain
    path, theirs = _published(report)
    appended = appended_to_file(path, theirs, type_of(report), standing.extra)
    return _with(plain, appended, report)


def _with(plain: Content, appended: Appended, report: Report) -> Content:
    """The report with what is appended; RunError if it is not what was published."""
    if not appended.columns:
        return plain
    longer = Longer(plain, appended)
    size, digest, kept = 0, hashlib.sha256(), []
    try:
        for piece in longer.pieces():
            size += len(piece)
            digest.update(piece)
            if plain.pack is None:
                kept.append(piece)
    except Disagree:
        raise RunError(
            f"{report.file}: the report and the published rows do not agree",
            where=str(_pack(report)),
            todo=f"make the day again: tocsin replay --date {report.day}",
        ) from None
    return Content(
        plain.file, plain.rows, size, digest.hexdigest(), kept=b"".join(kept), longer=longer
    )


def theirs_of(report: Report, standing: Standing) -> pa.Table:
    """The published rows of the report (with its night loaded) that its list may have now.

    Gone if they are not kept any more.
    """
    report_type = type_of(report)
    if report_type is None or share_of(report, standing) is Share.NOTHING:
        return all_of(report).slice(0, 0)
    return rows_now(report, standing, report_type)


def _whole(report: Report) -> Content:
    pack = _pack(report)
    if not pack.exists():
        raise Gone
    try:
        kept = b"".join(_checked(report, pack))
    except RunError:
        if not pack.exists():
            # Pruned between the two looks.
            raise Gone from None
        raise
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


def _cut(report: Report, standing: Standing) -> Content | None:
    """The rows that the list may have, out of the published tier."""
    report_type = type_of(report)
    if report_type is None:
        return None
    rows = rows_now(report, standing, report_type)
    if not rows.num_rows:
        return None
    said = header_line(report_type.columns) + lines_of(rows, report_type)
    plain = Content(
        report.file, rows.num_rows, len(said), hashlib.sha256(said).hexdigest(), kept=said
    )
    return _with(plain, appended_to(rows, report_type, standing.extra), report)


def type_of(report: Report) -> ReportType | None:
    """Its type; None if the catalogue does not have it any more."""
    return home_catalogue(installation.home()).report_types.get(report.report_type)


def rows_now(report: Report, standing: Standing, report_type: ReportType) -> pa.Table:
    """The published rows that a network which the list has now brings it, and nothing cuts.

    By time and id. Gone if they are not kept any more.
    """
    return rows_given(report, standing, report_type)


def rows_given(
    report: Report, standing: Standing, report_type: ReportType, recall: int | None = None
) -> pa.Table:
    """The same, with the rows that this recall cuts, by number."""
    rows = _still_theirs(report, standing, report_type)
    cuts = tuple(each for each in standing.cuts if recall is None or each.recall != recall)
    cut = part_rows(parts_cut(report, cuts), rows)
    return rows.filter(pa.array(~cut)).sort_by([("timestamp", "ascending"), ("_id", "ascending")])


def kept_back_rows(report: Report, standing: Standing) -> pa.Table:
    """The rows that its list would have now, if nothing held, dropped or recalled them.

    standing: that of the list, whatever is cut from the report. Gone as above.
    """
    report_type = type_of(report)
    if report_type is None or standing.share is Share.NOTHING:
        return all_of(report).slice(0, 0)
    rows = _still_theirs(report, standing, report_type)
    if report.outcome in KEPT_BACK or is_held_whole(report, standing.cuts):
        return rows
    return rows.filter(pa.array(part_rows(parts_cut(report, standing.cuts), rows)))


def _still_theirs(report: Report, standing: Standing, report_type: ReportType) -> pa.Table:
    rows = all_of(report)
    if standing.share is Share.WHOLE or standing.list is None:
        return rows
    return _still(rows, report_type, standing.list)


def lines_of(rows: pa.Table, report_type: ReportType) -> bytes:
    """Rows as the lines of a report, without its header."""
    pieces = csv_lines(rows, report_type.columns)
    return "".join(each for piece in pieces for each in piece.to_pylist()).encode()


def all_of(report: Report) -> pa.Table:
    """The published rows that the night gave to the list; Gone if they are not kept any more."""
    rows, theirs = _published(report)
    return pq.read_table(rows, filters=[("_audience", "in", theirs)]) if theirs else _none(rows)


def _published(report: Report) -> tuple[Path, list[int]]:
    """The published file of the report's unit, and the audiences with its list; Gone as above."""
    unit = Unit(report.report_type, report.delayed)
    store = lake_store(installation.home(), installation.configuration())
    night = report.night
    names = (
        published_name(night.day, night.revision, unit),
        audiences_name(night.day, night.revision, unit),
    )
    try:
        rows, audiences = (store.fetch(each) for each in names)
    except RunError as error:
        # What is missing from the store.
        raise Gone from error
    return rows, [n for n, lists in enumerate(read_audiences(audiences)) if report.list in lists]


def _none(rows: Path) -> pa.Table:
    return pq.read_schema(rows).empty_table()


def _still(rows: pa.Table, report_type: ReportType, wanted: ReportList) -> pa.Table:
    told = [name for name in rows.column_names if name.startswith("_")] + ["timestamp"]
    marks = [still_theirs(row, report_type, wanted) for row in rows.select(told).to_pylist()]
    return rows.filter(pa.array(np.array(marks, np.bool_)))


def _pack(report: Report) -> Path:
    package = Package(installation.home().root, report.day, report.night.revision)
    return package.path / report.pack
