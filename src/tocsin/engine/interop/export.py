"""Writing reports as objects of another vocabulary: one a row, one a line, ASCII only.

    2026-11-22-event4_sinkhole-example-isp-asn.csv  ->  ...-example-isp-asn.intelmq.ndjson

The objects of a file are made from the rows of that report and of no other, so that nobody sees
more in them than in the report. The same report makes the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.interop_entries import OtherVocabulary
from tocsin.engine.interop.paths import Json
from tocsin.engine.interop.report_rows import ReportRows
from tocsin.engine.interop.row import Reporter
from tocsin.engine.interop.translate import Translator
from tocsin.engine.reports import FinishedReport, put_out
from tocsin.model.errors import RunError

PIECE = 1 << 16
"""Bytes of lines that are handed on at once."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that were written, in order, with the number of objects in each."""

    objects: Mapping[Path, int]

    @property
    def total(self) -> int:
        """Objects in all files."""
        return sum(self.objects.values())


@dataclass
class Exporter:
    """Says the rows of reports in one vocabulary. `reporter`: who says it."""

    catalogue: Catalogue
    vocabulary: OtherVocabulary
    reporter: Reporter
    rows: ReportRows
    _translators: dict[str, Translator] = field(default_factory=dict)

    def export(
        self,
        reports: Iterable[FinishedReport],
        directory: Path,
        *,
        zipped: bool = False,
        advance: Callable[[int], None] = lambda _: None,
    ) -> Exported:
        """Write each report's objects as a file of its own into `directory`.

        A file is there whole, with an object for each row of a report that was checked, or not at
        all; it replaces one of the same name. `zipped`: each in a `.zip` of its own. `advance` is
        called with 1 after each. RunError where a report, its type or its published rows are not
        as they were.
        """
        written = {}
        for report in reports:
            lines = _Lines(self.objects(report), report)
            path = put_out(directory, self.file_name(report), lines.pieces(), zipped=zipped)
            written[path] = lines.count
            advance(1)
        return Exported(written)

    def file_name(self, report: FinishedReport) -> str:
        """The name of the file with the report's objects."""
        return f"{report.file.removesuffix('.csv')}.{self.vocabulary.name}.ndjson"

    def objects(self, report: FinishedReport) -> Iterator[Json]:
        """One object a row, in the report's order."""
        translator = self._translator(report)
        return (translator.object_of(row) for row in self.rows.of(report))

    def _translator(self, report: FinishedReport) -> Translator:
        held = self._translators.get(report.report_type)
        if held is None:
            entry = self.catalogue.report_types.get(report.report_type)
            if entry is None:
                raise RunError(
                    f"the catalogue does not have the report type {report.report_type!r} any more",
                    where=str(report.package.path),
                    todo="put the type's file back into the home's catalogue folder",
                )
            held = Translator(self.vocabulary, entry, self.reporter)
            self._translators[report.report_type] = held
        return held


class _Lines:
    """Objects as lines, counted on their way: as many as the report has rows."""

    def __init__(self, objects: Iterable[Json], report: FinishedReport) -> None:
        self._objects = objects
        self._report = report
        self.count = 0

    def pieces(self) -> Iterator[bytes]:
        """The lines, many at a time; RunError if there are not as many as rows."""
        held: list[bytes] = []
        size = 0
        for each in self._objects:
            line = line_of(each)
            self.count += 1
            held.append(line)
            size += len(line)
            if size > PIECE:
                yield b"".join(held)
                held, size = [], 0
        self._check()
        yield b"".join(held)

    def _check(self) -> None:
        rows = self._report.slice.rows
        if self.count != rows:
            raise RunError(
                f"{self._report.file} has {rows} rows, and {self.count} were said",
                where=str(self._report.pack),
                todo="this is a fault of Tocsin; please report it",
            )


def line_of(said: Json) -> bytes:
    """An object as a line. ASCII only: neither a terminal nor a reader of lines can be misled."""
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"
