"""The groups and runs of a night's rows, told unit by unit; `night_index` says what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.engine.lake.layout import Unit
from tocsin.engine.lake.parquet import read_row_groups
from tocsin.engine.nightly.distinct import distinct_rows, encoded, numbers_of_lists, one_array
from tocsin.engine.nightly.publish import SUBJECT, read_audiences
from tocsin.engine.search.night_index import NO_ASN, NO_TEXT, NOWHERE, IndexedUnit
from tocsin.engine.search.pack_lines import pack_columns
from tocsin.model.address import Flags, Ints, UInt64s

_BY_ADDRESS = (SubjectKind.ADDRESS, SubjectKind.PREFIX)

Place = tuple[int, int, int, int]
"""The AS and the country that the columns show, and numbers of sets: all origins and countries."""


@dataclass(frozen=True, slots=True)
class UnitFiles:
    """A unit of a night and its files. pack: may be gone."""

    unit: Unit
    report_type: ReportType
    rows: Path
    audiences: Path
    pack: Path


class Sets:
    """Sets of values by number, 0 for the empty one."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, ...], int] = {(): 0}
        self.sets: list[tuple[int, ...]] = [()]

    def number(self, members: Iterable[int]) -> int:
        """The number of a set."""
        found = tuple(sorted(members))
        if found not in self._numbers:
            self._numbers[found] = len(self.sets)
            self.sets.append(found)
        return self._numbers[found]

    def numbers(self, lists: pa.Array, code_of: Callable[[object], int]) -> Ints:
        """The number of each row's set."""

        def single(member: object) -> int:
            return 0 if member is None else self.number([code_of(member)])

        def union(numbers: Sequence[int]) -> int:
            return self.number({each for number in numbers for each in self.sets[number]})

        return numbers_of_lists(lists, single, union)


@dataclass(frozen=True, slots=True)
class Runs:
    """Rows of a unit that have one subject, `(runs,)`: by its halves their first row and number."""

    hi: UInt64s
    lo: UInt64s
    rows: Ints
    counts: Ints


@dataclass(frozen=True, slots=True)
class UnitGroups:
    """A unit's groups: of each its audience and the number of its place, `(groups,)`.

    of_rows: the group of each row, NOWHERE for what nobody got.
    """

    files: UnitFiles
    said: IndexedUnit
    audiences: list[tuple[int, ...]]
    group_audiences: Ints
    group_places: Ints
    of_rows: NDArray[np.uint32]
    runs: Runs


class Grouping:
    """Tells groups unit by unit. words: codes of countries. places: numbers of places."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self.origins, self.countries = Sets(), Sets()
        self.places: dict[Place, int] = {}

    def read(self, files: UnitFiles, first: int) -> UnitGroups:
        """The groups of a unit; first: where its rows begin among those of the night."""
        stored = pq.read_metadata(files.rows)
        names = set(stored.schema.to_arrow_schema().names)
        subject = files.report_type.subject
        beside = subject.column.removesuffix("ip") if subject.kind in _BY_ADDRESS else "?"
        asn, geo = f"{beside}asn", f"{beside}geo"
        said = IndexedUnit(
            files.unit.stem,
            first,
            stored.num_rows,
            asn in names,
            geo in names,
            pack_columns(files.pack),
        )
        audiences = read_audiences(files.audiences)
        told = ["_audience", *SUBJECT, "_origins", "_countries", *sorted({asn, geo} & names)]
        keys: dict[tuple[int, int], int] = {}
        groups, subjects = [np.zeros(0, np.uint32)], []
        for piece in read_row_groups(files.rows, told):
            groups.append(self._groups(piece, asn, geo, audiences, keys))
            subjects.append(piece.select(list(SUBJECT)))
        found = np.array([*keys], np.int64).reshape(-1, 2)
        of_rows = np.concatenate(groups)
        return UnitGroups(
            files, said, audiences, found[:, 0], found[:, 1], of_rows, _runs(subjects)
        )

    def _groups(
        self,
        piece: pa.Table,
        asn: str,
        geo: str,
        audiences: list[tuple[int, ...]],
        keys: dict[tuple[int, int], int],
    ) -> NDArray[np.uint32]:
        columns = [
            piece.column("_audience").to_numpy().astype(np.int64),
            _asns(piece, asn),
            self._codes(piece, geo),
            self.origins.numbers(one_array(piece, "_origins"), lambda each: int(str(each))),
            self.countries.numbers(one_array(piece, "_countries"), self._word),
        ]
        first, inverse = distinct_rows(columns)
        numbers = [
            self._group(audience, tuple(place), audiences, keys)
            for audience, *place in zip(*(each[first].tolist() for each in columns), strict=True)
        ]
        return np.array(numbers, np.uint32)[inverse]

    def _group(
        self,
        audience: int,
        place: tuple[int, ...],
        audiences: list[tuple[int, ...]],
        keys: dict[tuple[int, int], int],
    ) -> int:
        if not audiences[audience]:
            return NOWHERE
        asn, geo, origins, countries = place
        number = self.places.setdefault((asn, geo, origins, countries), len(self.places))
        return keys.setdefault((audience, number), len(keys))

    def _codes(self, piece: pa.Table, name: str) -> Ints:
        if name not in piece.column_names:
            return np.full(piece.num_rows, NO_TEXT, np.int64)
        known, codes = encoded(one_array(piece, name))
        return np.array([NO_TEXT if n is None else self._word(n) for n in known], np.int64)[codes]

    def _word(self, said: object) -> int:
        return self.words.setdefault(str(said), len(self.words))


def _asns(piece: pa.Table, name: str) -> Ints:
    """The cells of the AS; numbers that a distinct row is told by may not span all of 64 bits."""
    if name not in piece.column_names:
        return np.full(piece.num_rows, NO_ASN, np.int64)
    column = one_array(piece, name)
    if not pa.types.is_integer(column.type):
        column = pc.cast(column, pa.int64())
    filled: Ints = pc.fill_null(column, NO_ASN).to_numpy(zero_copy_only=False)
    return filled


def _runs(subjects: Sequence[pa.Table]) -> Runs:
    """The runs of rows that are sorted by subject, those without one last."""
    halves = [[np.zeros(0, np.uint64)], [np.zeros(0, np.uint64)]]
    for piece in subjects:
        known = piece.drop_null()
        for place, name in enumerate(SUBJECT):
            halves[place].append(one_array(known, name).to_numpy().astype(np.uint64))
    hi, lo = (np.concatenate(each) for each in halves)
    fresh: Flags = np.ones(len(hi), np.bool_)
    fresh[1:] = (hi[1:] != hi[:-1]) | (lo[1:] != lo[:-1])
    rows = np.flatnonzero(fresh)
    counts = np.diff(np.append(rows, len(hi)))
    return Runs(hi[rows], lo[rows], rows, counts)


def by_subject(units: Iterable[UnitGroups]) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """The runs of all units by subject and unit, as the arrays of the index that tell them."""
    runs = [each.runs for each in units]
    numbers = np.repeat(np.arange(len(runs)), [len(each.rows) for each in runs])
    hi = np.concatenate([np.zeros(0, np.uint64), *(each.hi for each in runs)])
    lo = np.concatenate([np.zeros(0, np.uint64), *(each.lo for each in runs)])
    # Runs of a unit are in order already, and so are units: what is equal stays as it is.
    order = np.lexsort((lo, hi))
    yield "run_hi", hi[order]
    yield "run_lo", lo[order]
    yield "run_units", numbers[order]
    empty = np.zeros(0, np.int64)
    yield "run_rows", np.concatenate([empty, *(each.rows for each in runs)])[order]
    yield "run_counts", np.concatenate([empty, *(each.counts for each in runs)])[order]
