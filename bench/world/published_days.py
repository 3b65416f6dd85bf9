"""Published days for searches: one day of many rows, and more days that are the same files.

Every AS has a block of addresses and a list, every country a list; what an AS has of a day's rows
falls off as in life: a few have most. So do report types.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bench.world.scale import dice
from tocsin.catalogue.entries import Catalogue, ReportType, SubjectKind
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.lake.layout import Unit
from tocsin.engine.lake.parquet import write_parquet
from tocsin.engine.lake.schema import IDENTIFIER, MOMENT
from tocsin.engine.nightly.packs import write_pack
from tocsin.engine.nightly.publish import audiences_json, published_schema
from tocsin.engine.search.audience_index import audience_index
from tocsin.engine.search.night_making import UnitFiles, make_night
from tocsin.engine.search.subjects import subjects_of
from tocsin.engine.search.values import Place
from tocsin.model.address import V4_OFFSET, address_text

LAST = dt.date(2026, 11, 22)
SYSTEMS, COUNTRIES, TYPES = 4_000, 100, 100
COUNTRY_LIST = 100_000
"""Number of the list of country 0; the list of an AS has the number of the AS, from 0."""

_BLOCK = 1 << 18
"""Addresses of an AS."""

_FIRST = 0x0B000000
_WORDS = pa.array([f"some text of a banner, number {number:05}" for number in range(2_000)])
"""What columns of text are filled with, each as often."""

_FILLED_OF_TEN = 4
_START = int(dt.datetime(2026, 11, 22, tzinfo=dt.UTC).timestamp()) * 1_000_000

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _List:
    """A list as a pack names it."""

    id: int
    name: str
    filter: str


_LISTS = {
    **{number: _List(number, f"as-{number}", "asn") for number in range(SYSTEMS)},
    **{
        COUNTRY_LIST + number: _List(COUNTRY_LIST + number, f"country-{number}", "geo")
        for number in range(COUNTRIES)
    },
}


@dataclass(frozen=True)
class Days:
    """Where the days are. rows: of a day."""

    folder: Path
    catalogue: Catalogue
    units: dict[str, frozenset[int]]
    """Of each type the lists that have rows, as reports in the database tell it."""
    rows: int
    bytes: int

    def places(self, lists: Sequence[int], days: int) -> list[Place]:
        """What the service would find for lists, by the reports in its database."""
        wanted = set(lists)
        return [
            Place(
                day=(day := LAST - dt.timedelta(days=number)),
                unit=Unit(type_id),
                report_type=self.catalogue.report_types[type_id],
                rows=self.folder / day.isoformat() / f"{type_id}.parquet",
                audiences=self.folder / day.isoformat() / f"{type_id}.audiences.json",
                index=self.folder / day.isoformat() / f"{type_id}.arrow",
                whole=tuple(wanted & having),
                night=self.folder / day.isoformat() / "night",
                pack=self.folder / day.isoformat() / f"{type_id}.pack",
            )
            for number in range(days)
            for type_id, having in self.units.items()
            if wanted & having
        ]


def make_days(folder: Path, rows: int) -> Days:
    """Write one day of so many rows."""
    catalogue = load_catalogue()
    by_address = (SubjectKind.ADDRESS,)
    types = [
        each
        for each in catalogue.report_types.values()
        if each.subject.kind in by_address and each.subject.version != 6
    ][:TYPES]
    shares = _falling(len(types), 1.1)
    first = folder / LAST.isoformat()
    first.mkdir(parents=True, exist_ok=True)
    units = {
        each.id: _write(first, each, int(rows * share) + 1, number)
        for number, (each, share) in enumerate(zip(types, shares.tolist(), strict=True))
    }
    size = sum(path.stat().st_size for path in first.glob("*.parquet"))
    return Days(folder, catalogue, units, rows, size)


def link_days(days: Days, count: int) -> None:
    """Make the indexes of the day, and the days before it: the same files under other names."""
    places = days.places([*range(SYSTEMS)], 1)
    make_night(
        days.folder / LAST.isoformat() / "night",
        [
            UnitFiles(each.unit, each.report_type, each.rows, each.audiences, each.pack)
            for each in places
            if each.pack is not None
        ],
    )
    for place in places:
        audience_index(place.rows, place.audiences, place.index)
        subjects_of(place.rows, place.index)
    for number in range(1, count):
        day = days.folder / (LAST - dt.timedelta(days=number)).isoformat()
        day.mkdir(exist_ok=True)
        for path in (days.folder / LAST.isoformat()).iterdir():
            os.link(path, day / path.name)


def address_of(system: int, number: int) -> str:
    """An address of an AS."""
    return address_text(V4_OFFSET + _FIRST + system * _BLOCK + number)


def word_of(number: int) -> str:
    """A text that one of 2,000 cells of a column has."""
    return str(_WORDS[number].as_py())


def _falling(count: int, steep: float) -> NDArray[np.float64]:
    weights = 1 / np.arange(1, count + 1) ** steep
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _write(folder: Path, report_type: ReportType, rows: int, number: int) -> frozenset[int]:
    random = dice(11, number)
    systems = random.choice(SYSTEMS, rows, p=_falling(SYSTEMS, 1.0)).astype(np.int64)
    hosts = random.integers(0, 4_000, rows)
    order = np.lexsort((hosts, systems))
    systems, hosts = systems[order], hosts[order]
    present, audience = np.unique(systems, return_inverse=True)
    lists = [(int(each), COUNTRY_LIST + int(each) % COUNTRIES) for each in present]
    cells = _cells(random, report_type, systems, hosts)
    cells["_audience"] = pa.array(audience + 1, pa.int32())
    schema = published_schema(report_type)
    empty = {field.name: field.type for field in schema if field.name not in cells}
    cells |= {name: pa.nulls(rows, kind) for name, kind in empty.items()}
    table = pa.table({name: cells[name] for name in schema.names}, schema=schema)
    write_parquet(table, folder / f"{report_type.id}.parquet")
    said = audiences_json([(), *lists])
    (folder / f"{report_type.id}.audiences.json").write_bytes(said)
    write_pack(table, [(), *lists], _LISTS, report_type, day=LAST, delayed=False, directory=folder)
    return frozenset(number for each in lists for number in each)


def _cells(
    random: np.random.Generator, report_type: ReportType, systems: Numbers, hosts: Numbers
) -> dict[str, pa.Array]:
    rows = len(systems)
    low = (V4_OFFSET + _FIRST + systems * _BLOCK + hosts).astype(np.uint64)
    beside = report_type.subject.column.removesuffix("ip")
    has = set(report_type.column_names)
    once = pa.array(np.arange(rows + 1, dtype=np.int32))
    moments = _START + random.integers(0, 86_400, rows) * 1_000_000
    own = {
        "_id": _identifiers(random, rows),
        "_source": pa.repeat("sensors", rows),
        "_rule": pa.repeat("a-rule", rows),
        "_subject_hi": pa.array(np.zeros(rows, np.uint64)),
        "_subject_lo": pa.array(low),
        "_subject_len": pa.repeat(pa.scalar(128, pa.uint8()), rows),
        "_origins": pa.ListArray.from_arrays(once, pa.array(systems.astype(np.uint32))),
    }
    columns = {
        "timestamp": pa.array(moments, MOMENT),
        report_type.subject.column: _addresses(low),
        f"{beside}asn": pa.array(systems),
        f"{beside}geo": _countries(systems),
        f"{beside}port": pa.array(random.integers(1, 65_536, rows)),
        "severity": pa.repeat("medium", rows),
    }
    schema = published_schema(report_type)
    for place, column in enumerate(report_type.columns):
        if column.name not in columns and place % 10 < _FILLED_OF_TEN:
            said = pa.array(random.integers(0, len(_WORDS), rows))
            is_text = schema.field(column.name).type == pa.string()
            columns[column.name] = _WORDS.take(said) if is_text else None
    kept = {name: cell for name, cell in columns.items() if name in has and cell is not None}
    return {**own, **kept}


def _identifiers(random: np.random.Generator, rows: int) -> pa.Array:
    return pa.Array.from_buffers(IDENTIFIER, rows, [None, pa.py_buffer(random.bytes(16 * rows))])


def _addresses(low: NDArray[np.uint64]) -> pa.Array:
    octets = [
        pa.array((low >> np.uint64(8 * place)) & np.uint64(255)).cast(pa.string())
        for place in (3, 2, 1, 0)
    ]
    return pc.binary_join_element_wise(*octets, ".")


def _countries(systems: Numbers) -> pa.Array:
    letters = [f"{chr(65 + n // 10)}{chr(65 + n % 10)}" for n in range(COUNTRIES)]
    return pa.array(letters).take(pa.array(systems % COUNTRIES))
