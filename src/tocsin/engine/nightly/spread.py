"""Published rows dealt out to the ranges of subjects: what is counted, and what tells findings.

A part of a unit's file becomes one file with a batch of rows for each range, so that whoever
works on a range reads its rows of every unit and nothing else, whatever the rows' order was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.engine.files import scratch_file
from tocsin.engine.lake.parquet import CODED
from tocsin.engine.lake.schema import MOMENT
from tocsin.engine.nightly.distinct import one_array
from tocsin.engine.nightly.subject_ranges import Cuts, SubjectFile
from tocsin.model.address import Ints
from tocsin.model.terms import Terms

PART_ROWS = 1 << 20
"""About how many rows of a file are dealt out at once."""

DEALT = pa.schema(
    [
        ("hi", pa.uint64()),
        ("lo", pa.uint64()),
        ("length", pa.uint8()),
        ("name", pa.string()),
        ("counted", pa.bool_()),
        ("told", pa.bool_()),
        ("severity", pa.uint8()),
        ("first", MOMENT),
        ("last", MOMENT),
        ("events", pa.int64()),
        ("port", pa.int64()),
        ("source", CODED),
        ("infection", CODED),
        ("country", CODED),
        ("asn", pa.int64()),
        ("family", CODED),
        ("tags", CODED),
    ]
)
"""A published row in words that are the same for every type. `name` is the subject of a row
without an address, in small letters. `counted`: its terms let it be counted in public figures.
`told`: somebody may have it, so that it is evidence of a finding."""


@dataclass(frozen=True, slots=True)
class UnitRows:
    """A unit's published rows, and which of their columns say what; "" where none does."""

    report_type: str
    delayed: bool
    path: Path
    area: str
    windowed: bool
    has_findings: bool
    name: str
    port: str
    infection: str
    country: str
    asn: str
    family: str
    tags: str

    @classmethod
    def of(cls, kind: ReportType, path: Path, *, delayed: bool) -> UnitRows:
        """The rows of a type.

        The port is the one that a service listens on: a caller's own changes with each call.
        Families are those of the column `family`, or of `infection` where there is none.
        """
        prefix = kind.subject.column.removesuffix("ip")

        def known(*names: str) -> str:
            return next((name for name in names if name and kind.column(name)), "")

        return cls(
            report_type=kind.id,
            delayed=delayed,
            path=path,
            area=kind.area,
            windowed=kind.window_days > 1,
            has_findings=kind.subject.kind is not SubjectKind.NONE,
            name=kind.subject.column if kind.subject.kind is SubjectKind.DOMAIN else "",
            port="" if kind.subject_port == kind.source_port else kind.subject_port,
            infection=known("infection"),
            country=known(f"{prefix}geo"),
            asn=known(f"{prefix}asn"),
            family=known("family", "infection"),
            tags=known("tag"),
        )

    @property
    def subjects(self) -> SubjectFile:
        """Where its subjects lie."""
        return SubjectFile(self.path, "_subject_hi", "_subject_lo", self.name)

    def columns(self) -> dict[str, str]:
        """Column of DEALT -> column of the file, of those that are taken as they are."""
        said = {
            "hi": "_subject_hi",
            "lo": "_subject_lo",
            "length": "_subject_len",
            "name": self.name,
            "severity": "_severity",
            "first": "_first",
            "last": "_last",
            "events": "_count",
            "port": self.port,
            "source": "_source",
            "infection": self.infection,
            "country": self.country,
            "asn": self.asn,
            "family": self.family,
            "tags": self.tags,
        }
        return {name: column for name, column in said.items() if column}


@dataclass(frozen=True, slots=True)
class SpreadTask:
    """Row groups `first` until `last` of a unit, to be dealt out to a file."""

    unit: UnitRows
    first: int
    last: int
    cuts: Cuts
    destination: Path


def spread_tasks(
    units: Sequence[UnitRows], cuts: Cuts, folder: Path, part_rows: int = PART_ROWS
) -> list[SpreadTask]:
    """The parts of all units, in their order."""
    return [
        SpreadTask(unit, first, last, cuts, folder / f"{number}-{first}.arrow")
        for number, unit in enumerate(units)
        for first, last in _spans(unit.path, part_rows)
    ]


def _spans(path: Path, part_rows: int) -> Iterator[tuple[int, int]]:
    """The row groups of a file in spans of about so many rows."""
    footer = pq.read_metadata(path)
    first = rows = 0
    for group in range(footer.num_row_groups):
        rows += footer.row_group(group).num_rows
        if rows >= part_rows or (rows and group == footer.num_row_groups - 1):
            yield first, group + 1
            first, rows = group + 1, 0


def spread(task: SpreadTask) -> list[int]:
    """Deal a part out; how many rows each range got."""
    dealt = _dealt(task)
    numbers = task.cuts.of_rows(*(one_array(dealt, name) for name in ("hi", "lo", "name")))
    if np.any(numbers[1:] < numbers[:-1]):
        order = np.argsort(numbers, kind="stable")
        dealt = dealt.take(pa.array(order))
    counts = np.bincount(numbers, minlength=task.cuts.ranges)
    _write_batches(dealt.combine_chunks().to_batches()[0], counts, task.destination)
    rows: list[int] = counts.tolist()
    return rows


def _dealt(task: SpreadTask) -> pa.Table:
    """The part's rows in the columns of DEALT."""
    unit, columns = task.unit, task.unit.columns()
    coded = [
        columns[field.name] for field in DEALT if field.type == CODED and field.name in columns
    ]
    wanted = list(dict.fromkeys([*columns.values(), "_terms"]))
    with pq.ParquetFile(unit.path, read_dictionary=[*coded, "_terms"]) as stored:
        rows = stored.read_row_groups(range(task.first, task.last), columns=wanted)
    rows = rows.unify_dictionaries().combine_chunks()
    found = {name: one_array(rows, column) for name, column in columns.items()}
    if "name" in found:
        lower = pc.utf8_lower(found["name"])
        found["name"] = pc.if_else(found["hi"].is_null(), lower, pa.scalar(None, lower.type))
    terms = one_array(rows, "_terms")
    found["counted"] = _allowed(terms, lambda each: each.allows_counting)
    found["told"] = _allowed(terms, lambda each: each.allows_anybody and unit.has_findings)
    arrays = [
        found[field.name].cast(field.type)
        if field.name in found
        else pa.nulls(rows.num_rows, field.type)
        for field in DEALT
    ]
    return pa.table(arrays, schema=DEALT)


def _allowed(terms: pa.DictionaryArray, allows: Callable[[Terms], bool]) -> pa.BooleanArray:
    """What the terms of each row say; each text of terms is read once."""
    said = [allows(Terms.from_text(text)) for text in terms.dictionary.to_pylist()]
    return pa.array(said, pa.bool_()).take(terms.indices)


def _write_batches(rows: pa.RecordBatch, counts: Ints, destination: Path) -> None:
    with scratch_file(destination) as path, pa.ipc.new_file(path, rows.schema) as writer:
        for first, count in zip(np.cumsum(counts) - counts, counts, strict=True):
            writer.write_batch(rows.slice(int(first), int(count)))


def read_batch(path: Path, number: int) -> pa.RecordBatch:
    """The rows of one range, in place: nothing is copied until it is used."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).get_batch(number)
