"""Packs: all reports of one type and day end to end in one file, beside an index of its slices.

    packs/<unit>.pack          CSV after CSV, each with its header, ordered by list id
    packs/<unit>.index.json    which bytes are whose, with the SHA-256 of each slice

A row is written once however many lists get it; a list's slice is then put together from lines.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.catalogue.entries import ReportType
from tocsin.engine.files import (
    TEMPORARY,
    as_written,
    atomic_path,
    canonical_json,
    read_object,
    write_atomically,
)
from tocsin.engine.lake.layout import Unit
from tocsin.engine.nightly.cells import csv_pieces, header_line
from tocsin.engine.nightly.coded import text_buffers
from tocsin.engine.nightly.line_store import LineStore
from tocsin.engine.nightly.pack_sinks import Sink, sink_for
from tocsin.engine.nightly.shares import Part, Shares
from tocsin.engine.nightly.slices import Slice
from tocsin.model.errors import RunError

FORMAT = 1
"""Number of the index's form."""

INDEX = ".index.json"
"""What the name of an index ends with, after its unit's."""

_CHUNK = 1 << 19
"""Lines are taken out in pieces of so many bytes: what was taken out lies in the processor's cache
then, while it is hashed and written."""


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
        return manifest_entries(self.index)


def manifest_entries(index: Path) -> list[dict[str, object]]:
    """The reports that a pack's index names as a run's manifest lists them."""
    said = read_object(index)
    with as_written(index):
        told = {
            "report_type": said["report_type"],
            "delayed": said["delayed"],
            "pack": f"{index.parent.name}/{index.name.removesuffix(INDEX)}.pack",
        }
        reports = cast("list[dict[str, object]]", said["reports"])
        for each in reports:
            each.update(told)
    return reports


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
    """Write the reports of one unit whose rows are in memory, in any order; see PackWriter."""
    writer = PackWriter(
        audiences, lists, report_type, day=day, delayed=delayed, directory=directory
    )
    writer.add(table.sort_by([("timestamp", "ascending"), ("_id", "ascending")]))
    return writer.done()


class PackWriter:
    """Writes the reports of one unit: rows go in piece by piece, in order of `timestamp`, `_id`.

    `audiences`: ids of lists by the numbers in the rows' `_audience`. A row is written as a line
    once, however many lists get it. Lines that memory shall not hold wait in a file in `scratch`
    (or `directory`). The same rows make the same bytes.
    """

    def __init__(
        self,
        audiences: Sequence[Sequence[int]],
        lists: Mapping[int, Addressee],
        report_type: ReportType,
        *,
        day: dt.date,
        delayed: bool,
        directory: Path,
        scratch: Path | None = None,
    ) -> None:
        self._shares = Shares(audiences)
        self._lists = lists
        self._type = report_type
        self._day = day
        ending = "-delayed" if delayed else ""
        self._file_name = f"{day}-{report_type.id}-%s-%s{ending}.csv"
        """As in `2026-11-22-event4_sinkhole-example-isp-asn.csv`."""
        self._unit = Unit(report_type.id, delayed)
        self._directory = directory
        self._lines = LineStore((scratch or directory) / f".{self._unit.stem}.lines{TEMPORARY}")

    def add(self, table: pa.Table) -> None:
        """Take the next rows: the type's columns and `_audience`; terms have been applied."""
        numbers = table.column("_audience").to_numpy()
        heard = self._shares.sizes[numbers] > 0
        for lines in csv_pieces(table, self._type.columns, heard):
            self._lines.add(lines)
        self._shares.add(numbers[heard])

    def done(self) -> PackInfo | None:
        """Write pack and index; None, and no file, if no list gets a row.

        RunError for an audience with a list that there is not.
        """
        with self._lines as lines:
            if not lines.rows:
                return None
            path = self._directory / f"{self._unit.stem}.pack"
            with atomic_path(path) as temporary:
                slices = self._write(temporary)
        index = self._directory / f"{self._unit.stem}{INDEX}"
        info = PackInfo(self._unit, path, index, slices, lines.rows)
        write_atomically(info.index, canonical_json(_index(info, self._type, self._day)))
        return info

    def _write(self, path: Path) -> tuple[Slice, ...]:
        """Every slice at its place: the sizes of all are known before the first is written."""
        of_list = self._shares.of_lists(self._lines.lengths)
        unknown = [number for number in of_list.lists.tolist() if number not in self._lists]
        if unknown:
            raise RunError(
                f"rows go to lists that the run's snapshot does not have: {unknown[:10]}",
                todo="this is a fault of Tocsin; please report it",
            )
        header = header_line(self._type.columns)
        ends = np.cumsum(of_list.bytes + len(header))
        slots = [_Slot(offset, header) for offset in [0, *ends[:-1].tolist()]]
        # Lines that are all in memory are written list by list; else by segments, and places.
        size = int(ends[-1]) if len(ends) else 0
        with sink_for(path, size, in_order=self._lines.whole) as sink:
            for segment in self._lines.segments():
                numbers = self._shares.numbers(segment.first, segment.last)
                for part in self._shares.parts(numbers, of_list):
                    _write_part(part, segment.lines, slots, sink)
        return tuple(
            self._slice(self._lists[number], rows, slot)
            for number, rows, slot in zip(
                of_list.lists.tolist(), of_list.rows.tolist(), slots, strict=True
            )
        )

    def _slice(self, addressee: Addressee, rows: int, slot: _Slot) -> Slice:
        return Slice(
            file=self._file_name % (addressee.name, addressee.filter),
            list=addressee.id,
            list_name=addressee.name,
            filter=str(addressee.filter),
            rows=rows,
            offset=slot.offset,
            length=slot.length,
            sha256=slot.digest.hexdigest(),
        )


class _Slot:
    """The place of one slice in the pack, filled from its header on."""

    def __init__(self, offset: int, header: bytes) -> None:
        self._header = header
        self.offset = offset
        self.length = 0
        self.digest = hashlib.sha256(header)

    def take(self, content: memoryview) -> tuple[int, list[memoryview]]:
        """Where in the pack these lines go, and what is to be written there."""
        self.digest.update(content)
        at = self.offset + self.length
        buffers = [content] if self.length else [memoryview(self._header), content]
        self.length += sum(map(len, buffers))
        return at, buffers


def _write_part(part: Part, lines: pa.LargeStringArray, slots: Sequence[_Slot], sink: Sink) -> None:
    """Lines are taken out piece by piece, not list by list: most lists are small."""
    bounds, _ = text_buffers(lines)
    lengths = bounds[part.rows + 1] - bounds[part.rows]
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    for first, last in _spans(ends):
        taken = lines.take(pa.array(part.rows[first:last]))
        content = text_buffers(taken)[1].data
        number = int(np.searchsorted(part.begins, first, side="right")) - 1
        until = int(np.searchsorted(part.begins, last, side="left"))
        edges = [first, *part.begins[number + 1 : until].tolist(), last]
        places = (ends[edges] - ends[first]).tolist()
        for of_list, (start, end) in enumerate(pairwise(places), number):
            sink.write(*slots[part.lists[of_list]].take(content[start:end]))
        sink.flush()


def _spans(bounds: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut lines between these bytes into spans of about _CHUNK bytes, one line at least."""
    marks = np.arange(_CHUNK, int(bounds[-1]), _CHUNK)
    cuts = np.searchsorted(bounds, marks, side="left")
    edges = np.unique(np.concatenate([[0], cuts, [len(bounds) - 1]]))
    return pairwise(edges.tolist())


def _index(info: PackInfo, report_type: ReportType, day: dt.date) -> dict[str, object]:
    return {
        "format": FORMAT,
        "day": day.isoformat(),
        "report_type": info.unit.report_type,
        "delayed": info.unit.delayed,
        "columns": list(report_type.column_names),
        "reports": [each.to_json() for each in info.slices],
    }
