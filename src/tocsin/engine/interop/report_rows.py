"""The rows of finished reports with what the published tier knows of them beside their cells.

Cells are those of the report, byte for byte, with what terms hide left out; the published row gives
the id of its first event and the terms. A report is the rows of its list in the published tier, by
time and id, so that the two are read side by side.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tocsin.engine.interop.row import Row, cells_of_line, taken_apart
from tocsin.engine.lake.layout import Unit, audiences_name, published_name
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.publish import read_audiences
from tocsin.engine.nightly.slices import slice_chunks
from tocsin.engine.reports import FinishedReport
from tocsin.model.address import Ints
from tocsin.model.errors import RunError
from tocsin.model.terms import Terms, Tlp

_ASKED = ("_audience", "timestamp", "_id", "_terms")
_SECOND = np.int64(1_000_000)


@dataclass(frozen=True)
class _Published:
    """What the published tier knows of one report's rows, in the report's order, `(n,)` each.

    seconds: since 1970. ids: 16 bytes each, an Arrow array, since a list may have very many rows.
    terms: numbers of `tlps`.
    """

    seconds: Ints
    ids: pa.Array
    terms: Ints
    tlps: list[Tlp]


@dataclass
class ReportRows:
    """Reads the rows of one report after the other; those of one run and type share a reading."""

    store: Store
    _unit: tuple[str, Unit] | None = None
    _table: pa.Table = None
    _audiences: list[tuple[int, ...]] = field(default_factory=list)

    def of(self, report: FinishedReport) -> Iterator[Row]:
        """The rows in order. RunError, perhaps after some of them, if the report is damaged, or is
        not what was published."""
        published = self._published(report)
        lines = _lines(slice_chunks(report.pack, report.slice))
        try:
            header = next(lines)
            columns = taken_apart(header)
            for number, line in enumerate(lines):
                yield self._row(report, published, number, header, columns, line)
        except (StopIteration, ValueError, IndexError) as error:
            raise _disagree(report) from error

    def _row(
        self,
        report: FinishedReport,
        published: _Published,
        number: int,
        header: str,
        columns: list[str],
        line: str,
    ) -> Row:
        cells = cells_of_line(columns, line)
        if _seconds(cells.get("timestamp", "")) != published.seconds[number]:
            raise ValueError("the times of report and published rows differ")
        tlp = published.tlps[published.terms[number]]
        return Row(header, line, cells, row_id(report, published.ids[number].as_py()), tlp)

    def _published(self, report: FinishedReport) -> _Published:
        """RunError if there are not as many published rows for the list as the report has."""
        self._open(report)
        ours = [n for n, lists in enumerate(self._audiences) if report.slice.list in lists]
        mask = pc.is_in(self._table.column("_audience"), value_set=pa.array(ours, pa.int32()))
        rows = self._table.filter(mask)
        if rows.num_rows != report.slice.rows:
            raise _disagree(report)
        rows = rows.sort_by([("timestamp", "ascending"), ("_id", "ascending")])
        coded = _one(rows.column("_terms").unify_dictionaries())
        return _Published(
            seconds=_micros(rows) // _SECOND,
            ids=_one(rows.column("_id")),
            terms=coded.indices.to_numpy().astype(np.int64),
            tlps=[Terms.from_text(text).tlp for text in coded.dictionary.to_pylist()],
        )

    def _open(self, report: FinishedReport) -> None:
        unit = Unit(report.report_type, report.delayed)
        key = (report.package.name, unit)
        if self._unit == key:
            return
        day, revision = report.day, report.package.revision
        path = self.store.fetch(published_name(day, revision, unit))
        self._audiences = read_audiences(self.store.fetch(audiences_name(day, revision, unit)))
        try:
            # Few terms stand in very many rows; as texts they would be most of the memory.
            with pq.ParquetFile(path, read_dictionary=["_terms"]) as file:
                self._table = file.read(columns=list(_ASKED))
        except (pa.ArrowInvalid, OSError) as error:  # it is there, and is no whole Parquet
            raise _disagree(report) from error
        self._unit = key


def row_id(report: FinishedReport, event: bytes) -> str:
    """The id of what a report says of an event: a UUID, the same whenever it is asked for.

    One day's statement to several lists has one id; another day's, or another type's, has its own.
    `event`: the 16 bytes that identify the row's first event.
    """
    unit = Unit(report.report_type, report.delayed)
    said = f"{report.day.isoformat()}/{unit.stem}/".encode() + event
    # Of version 4, which XARF asks for: its bits are those of a hash, and as good as random.
    digest = hashlib.blake2b(said, digest_size=16, person=b"tocsin interop").digest()
    return str(uuid.UUID(bytes=digest, version=4))


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Lines without their ends; a piece may end within a character."""
    left = b""
    for piece in pieces:
        *lines, left = (left + piece).split(b"\n")
        yield from (line.decode() for line in lines)
    if left:
        raise ValueError("the last line has no end")


def _micros(rows: pa.Table) -> NDArray[np.int64]:
    found: NDArray[np.int64] = _one(rows.column("timestamp").cast(pa.int64())).to_numpy()
    return found


def _one(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    if not isinstance(combined, pa.ChunkedArray):
        return combined
    return combined.chunk(0) if combined.num_chunks else pa.array([], column.type)


def _seconds(cell: str) -> int:
    moment = dt.datetime.fromisoformat(cell).replace(tzinfo=dt.UTC)
    return int(moment.timestamp())


def _disagree(report: FinishedReport) -> RunError:
    return RunError(
        f"{report.slice.file}: the report and the published rows do not agree",
        where=str(report.package.path),
        todo=f"make the day again: tocsin replay --date {report.package.day}",
    )
