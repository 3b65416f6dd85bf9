"""The message by which rows are taken back: which they are, by event, and why."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from tocsin.catalogue.entries import ReportType
from tocsin.engine.nightly.cells import header_line
from tocsin.service import installation
from tocsin.service.delivery.appended import Appended, appended_to
from tocsin.service.delivery.brake.part import Part, PartKind
from tocsin.service.delivery.compose.attachment import Attachment, TooLarge, plain, zipped
from tocsin.service.delivery.compose.plain_text import plain_text
from tocsin.service.delivery.compose.with_pictures import MessageWithPictures
from tocsin.service.delivery.content import lines_of, rows_given, type_of
from tocsin.service.delivery.models import Delivery, Report
from tocsin.service.delivery.standing import Share, Standing
from tocsin.service.subscribers.models.mailing_list import ReportFormat

_LISTED = 100
"""Events that are named in the text; the files name all."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """The rows of a report that are taken back: the name of the report, ids, and the rows as CSV.

    `recalled_event` comes before the columns of the report: types have an `event_id` of their own.
    """

    file: str
    events: tuple[str, ...]
    content: bytes


def recalled_of(report: Report, standing: Standing, delivery: Delivery) -> Recalled | None:
    """The rows of a report that the list may see, and had; None if that is nothing.

    Gone if they are not kept any more.
    """
    report_type, recall = type_of(report), delivery.recall
    if standing.share is Share.NOTHING or report_type is None or recall is None:
        return None
    part = Part(PartKind(recall.kind), recall.name)
    rows = rows_given(report, standing, report_type, recall.pk)
    rows = rows.filter(pa.array(part.mask(rows)))
    if not rows.num_rows:
        return None
    events = tuple(each.hex() for each in rows["_id"].to_pylist())
    behind = appended_to(rows, report_type, standing.extra)
    return Recalled(report.file, events, _csv(events, rows, report_type, behind))


def correction(
    delivery: Delivery, recalled: Sequence[Recalled], unsubscribe: Mapping[str, str]
) -> MessageWithPictures:
    """The message; its files are as the list prefers them, none if it takes links alone."""
    mailing_list, recall = delivery.list, delivery.recall
    assert mailing_list is not None  # noqa: S101 - looked at before
    assert recall is not None  # noqa: S101 - of a correction
    events = [event for each in recalled for event in each.events]
    context = {
        "service": installation.configuration().service.name,
        "list": str(mailing_list),
        "name": mailing_list.name,
        "first": recall.first_day,
        "last": recall.last_day,
        "reason": recall.reason,
        "number": recall.pk,
        "reports": [{"file": each.file, "rows": len(each.events)} for each in recalled],
        "events": events[:_LISTED],
        "count": len(events),
        "more": max(0, len(events) - _LISTED),
        "files": mailing_list.format != ReportFormat.LINK,
        "leave": unsubscribe.get("List-Unsubscribe", "").strip("<>"),
    }
    message = plain_text(delivery, "correction", context, unsubscribe)
    for each in _files(recalled, mailing_list.format, compressed=mailing_list.compressed):
        message.attach(each.name, each.content, each.mime)
    return message


def _files(recalled: Sequence[Recalled], form: str, *, compressed: bool) -> list[Attachment]:
    if form == ReportFormat.LINK:
        return []
    most = installation.configuration().delivery.largest_attachment
    found = []
    for each in recalled:
        name = f"{each.file.removesuffix('.csv')}-recalled.csv"
        # What is too large to be attached is named in the text, as far as that goes.
        with contextlib.suppress(TooLarge):
            found.append(
                zipped(f"{name}.zip", [(name, [each.content])], most)
                if compressed
                else plain(name, [each.content], "text/csv", most)
            )
    return found


def _csv(events: Sequence[str], rows: pa.Table, report_type: ReportType, behind: Appended) -> bytes:
    header = header_line(report_type.columns)
    told = behind.after([header + lines_of(rows, report_type)])
    # Not splitlines: values may hold what other programs take for the end of a line.
    lines = b"".join(told).decode().split("\n")[:-1]
    before = ("recalled_event", *events)
    return "".join(f'"{each}",{line}\n' for each, line in zip(before, lines, strict=True)).encode()
