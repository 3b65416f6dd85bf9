"""The rows of a report as single incidents: each with the id and the terms of its first event."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import replace
from hashlib import blake2b

from tocsin.engine.interop.report_rows import ReportRows
from tocsin.engine.interop.row import Row, cells_of_line, taken_apart
from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.slices import Slice
from tocsin.engine.reports import FinishedReport
from tocsin.model.terms import Tlp
from tocsin.service import installation
from tocsin.service.delivery.compose.formats.rows import lines_of
from tocsin.service.delivery.content import Content
from tocsin.service.delivery.models import Report


def incidents_of(report: Report, content: Content, rows: ReportRows) -> list[Row]:
    """The rows that the list may have now, in order.

    RunError if the report is damaged, or is not what was published.
    """
    published: dict[str, list[Row]] = defaultdict(list)
    strictest = Tlp.CLEAR
    for each in rows.of(_finished(report)):
        published[each.line].append(each)
        strictest = max(strictest, each.tlp)
    header, *lines = lines_of(content.pieces())
    # What was published says nothing of columns that the list has appended.
    plain = content if content.longer is None else content.longer.plain
    _, *known = lines_of(plain.pieces())
    columns = taken_apart(header)
    found = []
    for number, (line, without) in enumerate(zip(lines, known, strict=True)):
        if same := published.get(without):
            row = same.pop(0)
            if line != without:
                row = replace(row, header=header, line=line, cells=cells_of_line(columns, line))
            found.append(row)
            continue
        # Written anew, with columns that the catalogue has got since: it has no id of its own.
        key = _key(f"{report.file} {number} {line}")
        found.append(Row(header, line, cells_of_line(columns, line), key, strictest))
    return found


def _key(said: str) -> str:
    digest = blake2b(said.encode(), digest_size=16, person=b"tocsin incident").digest()
    return str(uuid.UUID(bytes=digest, version=4))


def _finished(report: Report) -> FinishedReport:
    package = Package(installation.home().root, report.day, report.night.revision)
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
    return FinishedReport(
        package=package,
        report_type=report.report_type,
        delayed=report.delayed,
        partial=report.night.partial,
        pack=package.path / report.pack,
        slice=place,
    )
