"""Packs: all reports of one type and day end to end in one file, beside an index of its slices.

    packs/<unit>.pack          CSV after CSV, each with its header, ordered by list id
    packs/<unit>.index.json    which bytes are whose, with the SHA-256 of each slice

A row is written once however many lists get it; a list's slice is then put together from lines.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.catalogue.entries import ReportType
from tocsin.engine.files import atomic_path, canonical_json, write_atomically
from tocsin.engine.lake.layout import Unit
from tocsin.engine.nightly.cells import csv_lines, header_line
from tocsin.engine.nightly.slices import Slice
from tocsin.model.errors import RunError

FORMAT = 1
"""Number of the index's form."""

_CHUNK = 8 << 20


class Addressee(Protocol):
    """What a pack needs to know of a list; `filter` is one of asn, cidr, geo, domain."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def filter(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PackInfo:
    """A pack that was written, and its index."""

    unit: Unit
    path: Path
    index: Path
    slices: tuple[Slice, ...]
    rows_reported: int
    """Rows of the table that at least one list gets."""

    def manifest_entries(self) -> list[dict[str, object]]:
        """The reports as a run's manifest lists them."""
        told = {
            "report_type": self.unit.report_type,
            "delayed": self.unit.delayed,
            "pack": f"{self.path.parent.name}/{self.path.name}",
        }
        return [{**asdict(each), **told} for each in self.slices]


def report_file_name(day: dt.date, unit: Unit, addressee: Addressee) -> str:
    """`2026-11-22-event4_sinkhole-example-isp-asn.csv`, or with `-delayed` before the dot."""
    delayed = "-delayed" if unit.delayed else ""
    return f"{day}-{unit.report_type}-{addressee.name}-{addressee.filter}{delayed}.csv"


def write_pack(
    table: pa.Table,
    audiences: Sequence[Sequence[int]],
    lists: Mapping[int, Addressee],
    report_type: ReportType,
    *,
    day: dt.date,
    delayed: bool,
    directory: Path,
) -> PackInfo | None:
    """Write the reports of one unit; None, and no file, if no list gets a row.

    `table` has the type's columns, `_id` and `_audience`, a row of `audiences` (list ids); terms
    have been applied. Within a report rows are in the order of `timestamp`, then `_id`. The same
    input makes the same bytes. RunError for an audience with a list that there is not.
    """
    rows = _reported_rows(table, audiences, report_type)
    if not rows.num_rows:
        return None
    unit = Unit(report_type.id, delayed)
    shares = _shares(rows, audiences, lists)
    path = directory / f"{unit.stem}.pack"
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        writer = _Writer(stream, header_line(report_type.columns))
        parts = _Lines(rows, report_type).parts(shares)
        slices = tuple(
            writer.write(
                report_file_name(day, unit, shares.lists[number]),
                shares.lists[number],
                shares.size(number),
                (part for _, part in of_list),
            )
            for number, of_list in groupby(parts, key=itemgetter(0))
        )
    info = PackInfo(unit, path, directory / f"{unit.stem}.index.json", slices, rows.num_rows)
    write_atomically(info.index, canonical_json(_index(info, report_type, day)))
    return info


def _reported_rows(
    table: pa.Table, audiences: Sequence[Sequence[int]], report_type: ReportType
) -> pa.Table:
    """The rows that somebody gets, as much of them as reports are made of."""
    heard = np.array([len(lists) > 0 for lists in audiences], dtype=np.bool_)
    numbers = table.column("_audience").to_numpy()
    needed = table.select(["_id", "_audience", *report_type.column_names])
    return needed.filter(pa.array(heard[numbers]))


@dataclass(frozen=True)
class _Shares:
    """Which rows which list gets: `rows[begins[n]:begins[n + 1]]` are those of `lists[n]`."""

    lists: tuple[Addressee, ...]
    rows: NDArray[np.int64]
    begins: NDArray[np.int64]

    def size(self, number: int) -> int:
        """How many rows the list in that place gets."""
        return int(self.begins[number + 1] - self.begins[number])


def _shares(
    rows: pa.Table, audiences: Sequence[Sequence[int]], lists: Mapping[int, Addressee]
) -> _Shares:
    """The lists that get anything, by id, each with its rows' places in the order of a report."""
    order = pc.sort_indices(rows, [("timestamp", "ascending"), ("_id", "ascending")]).to_numpy()
    sizes = np.array([len(members) for members in audiences], dtype=np.int64)
    members = np.array([number for each in audiences for number in each], dtype=np.int64)
    audience = rows.column("_audience").to_numpy()[order]
    fan_out = sizes[audience]
    row = np.repeat(order.astype(np.int64), fan_out)
    within = np.arange(len(row)) - np.repeat(np.cumsum(fan_out) - fan_out, fan_out)
    list_of = members[np.repeat((np.cumsum(sizes) - sizes)[audience], fan_out) + within]
    by_list = np.argsort(list_of, kind="stable")
    found, begins = np.unique(list_of[by_list], return_index=True)
    unknown = [number for number in found.tolist() if number not in lists]
    if unknown:
        raise RunError(
            f"rows go to lists that the run's snapshot does not have: {unknown[:10]}",
            todo="this is a fault of Tocsin; please report it",
        )
    ends = np.append(begins, len(row)).astype(np.int64)
    return _Shares(tuple(lists[number] for number in found.tolist()), row[by_list], ends)


class _Lines:
    """Every row of a unit as a CSV line, taken out in any order."""

    def __init__(self, rows: pa.Table, report_type: ReportType) -> None:
        pieces = [piece.cast(pa.large_string()) for piece in csv_lines(rows, report_type.columns)]
        self._lines = pa.concat_arrays(pieces)
        self._lengths: NDArray[np.int64] = pc.binary_length(self._lines).to_numpy()

    def parts(self, shares: _Shares) -> Iterator[tuple[int, memoryview]]:
        """The lines of all shares, list after list: the list's place, and bytes of its lines.

        Lines are taken out some megabytes at a time, not list by list: most lists are small.
        """
        bounds = np.concatenate([[0], np.cumsum(self._lengths[shares.rows])]).astype(np.int64)
        for first, last in _spans(bounds):
            content = _content(self._lines.take(pa.array(shares.rows[first:last])))
            number = int(np.searchsorted(shares.begins, first, side="right")) - 1
            until = int(np.searchsorted(shares.begins, last, side="left"))
            edges = [first, *shares.begins[number + 1 : until].tolist(), last]
            places = (bounds[edges] - bounds[first]).tolist()
            for of_list, (start, end) in enumerate(pairwise(places), number):
                yield of_list, content[start:end]


def _spans(bounds: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut lines between these bytes into spans of about _CHUNK bytes, one line at least."""
    marks = np.arange(_CHUNK, int(bounds[-1]), _CHUNK)
    cuts = np.searchsorted(bounds, marks, side="left")
    edges = np.unique(np.concatenate([[0], cuts, [len(bounds) - 1]]))
    return pairwise(edges.tolist())


def _content(texts: pa.Array) -> memoryview:
    """The bytes of an array of text, end to end."""
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int64)
    first, last = int(bounds[texts.offset]), int(bounds[texts.offset + len(texts)])
    return memoryview(data)[first:last]


class _Writer:
    """Puts slices end to end and keeps their places."""

    def __init__(self, stream: BinaryIO, header: bytes) -> None:
        self._stream = stream
        self._header = header
        self._offset = 0

    def write(
        self, file: str, addressee: Addressee, rows: int, parts: Iterable[memoryview]
    ) -> Slice:
        digest, length = hashlib.sha256(), 0
        for part in chain([memoryview(self._header)], parts):
            self._stream.write(part)
            digest.update(part)
            length += len(part)
        offset, self._offset = self._offset, self._offset + length
        return Slice(
            file=file,
            list=addressee.id,
            list_name=addressee.name,
            filter=str(addressee.filter),
            rows=rows,
            offset=offset,
            length=length,
            sha256=digest.hexdigest(),
        )


def _index(info: PackInfo, report_type: ReportType, day: dt.date) -> dict[str, object]:
    return {
        "format": FORMAT,
        "day": day.isoformat(),
        "report_type": info.unit.report_type,
        "delayed": info.unit.delayed,
        "columns": list(report_type.column_names),
        "reports": [asdict(each) for each in info.slices],
    }
