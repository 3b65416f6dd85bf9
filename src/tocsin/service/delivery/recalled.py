"""The rows of a report that a recall takes back, as whoever was given them is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from tocsin.engine.nightly.cells import header_line
from tocsin.service.delivery.appended import appended_to
from tocsin.service.delivery.brake.part import Part, PartKind
from tocsin.service.delivery.content import Gone, all_of, lines_of, rows_given, type_of
from tocsin.service.delivery.models import Delivery, Recall, RecalledReport, Report
from tocsin.service.delivery.standing import Share, Standing


@dataclass(frozen=True, slots=True)
class Recalled:
    """The rows of a report that are taken back: the name of the report, and how many.

    lines: each of them as CSV, without its line end, by the id of its event; header: their
    columns. `recalled_event` comes before those of the report: types have an `event_id` of their
    own. Of rows that are not kept any more, there is the number alone (is_kept says it), and the
    id of the event if that was recalled.
    """

    file: str
    revision: int
    rows: int
    events: tuple[str, ...]
    header: str = ""
    lines: tuple[str, ...] = ()
    is_kept: bool = True

    @property
    def content(self) -> bytes:
        """The file that holds them."""
        rows = zip(self.events, self.lines, strict=True)
        return (self.header + "".join(f'"{event}",{line}\n' for event, line in rows)).encode()


def counts_of(deliveries: Iterable[Delivery]) -> Mapping[tuple[int, int], int]:
    """How many rows of their reports were recalled, by recall and report; of corrections."""
    ours = [each for each in deliveries if each.recall_id is not None]
    if not ours:
        return {}
    rows = RecalledReport.objects.filter(
        recall__in={each.recall_id for each in ours},
        report__in={number for each in ours for number in each.reports},
    )
    told = rows.values_list("recall_id", "report_id", "rows")
    return {(recall, report): count for recall, report, count in told}


def recalled_of(report: Report, standing: Standing, recall: Recall, count: int) -> Recalled | None:
    """The rows of a report that the list may see, and had; None if that is nothing.

    count: how many there were when they were recalled. report: with its night loaded.
    """
    report_type = type_of(report)
    if standing.share is Share.NOTHING or report_type is None:
        return None
    try:
        rows = recalled_rows(report, standing, recall)
    except Gone:
        return _gone(report, standing, _part(recall), count)
    if not rows.num_rows:
        return None
    events = tuple(each.hex() for each in rows["_id"].to_pylist())
    behind = appended_to(rows, report_type, standing.extra)
    told = behind.after([header_line(report_type.columns) + lines_of(rows, report_type)])
    # Not splitlines: values may hold what other programs take for the end of a line.
    header, *lines = b"".join(told).decode().split("\n")[:-1]
    return Recalled(
        report.file,
        report.night.revision,
        len(events),
        events,
        f'"recalled_event",{header}\n',
        tuple(lines),
    )


def recalled_rows(report: Report, standing: Standing, recall: Recall) -> pa.Table:
    """The published rows that a recall takes back from a list; Gone if they are not kept.

    What was kept back for another reason was not given out, and so is not among them.
    """
    report_type = type_of(report)
    if report_type is None:
        return all_of(report).slice(0, 0)
    rows = rows_given(report, standing, report_type, recall.pk)
    return rows.filter(pa.array(_part(recall).mask(rows)))


def _part(recall: Recall) -> Part:
    return Part(PartKind(recall.kind), recall.name)


def each_once(found: Iterable[Recalled]) -> Sequence[Recalled]:
    """Without what was told of an earlier revision of the same report."""
    return list(_each_once(sorted(found, key=lambda each: (each.file, each.revision))))


def _each_once(found: Iterable[Recalled]) -> Iterator[Recalled]:
    told: dict[str, set[str]] = {}
    for each in found:
        before = told.setdefault(each.file, set())
        if not each.is_kept:
            # Nobody can tell any more which these were.
            if not before:
                yield each
            continue
        new = [number for number, event in enumerate(each.events) if event not in before]
        before |= set(each.events)
        if new:
            yield replace(
                each,
                rows=len(new),
                events=tuple(each.events[number] for number in new),
                lines=tuple(each.lines[number] for number in new),
            )


def _gone(report: Report, standing: Standing, part: Part, count: int) -> Recalled | None:
    # Of a list that has lost networks nobody knows any more whether they are still its own.
    if standing.share is not Share.WHOLE or not count:
        return None
    events = (part.name,) if part.kind is PartKind.EVENT else ()
    return Recalled(report.file, report.night.revision, count, events, is_kept=False)
