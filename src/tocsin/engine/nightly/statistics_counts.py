"""What a range of subjects adds to the figures of a day: exact counts that add up over ranges."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tocsin.engine.nightly.distinct import one_array
from tocsin.engine.nightly.range_rows import RangeRows, indices_of
from tocsin.engine.nightly.spread import UnitRows
from tocsin.engine.nightly.tag_cells import TagCells
from tocsin.model.address import Flags, Ints

COUNTS = pa.schema(
    [
        ("level", pa.string()),
        ("area", pa.string()),
        ("report_type", pa.string()),
        ("country", pa.string()),
        ("asn", pa.int64()),
        ("family", pa.string()),
        ("tag", pa.string()),
        ("delayed", pa.bool_()),
        ("addresses", pa.int64()),
        ("rows", pa.int64()),
        ("events", pa.int64()),
    ]
)
"""The figures of one range. Of `type_tag` all tags are there, however rare."""

OTHER = "other"
"""The tag under which all rarer ones of a type are counted, and one that is really called so."""

_KEYS = {"type_country": "country", "type_asn": "asn", "type_family": "family"}
"""Level -> the key that it has beside the report type, a column of DEALT and of COUNTS."""


@dataclass(frozen=True)
class _Rows:
    """Rows that may be counted: their subjects, -1 for none, and their events."""

    subjects: Ints
    events: Ints

    def at(self, places: Ints) -> _Rows:
        return _Rows(self.subjects[places], self.events[places])


@dataclass(frozen=True)
class _Coded:
    """A key: its values, and the number of each row's among them."""

    values: pa.Array
    codes: Ints

    @classmethod
    def of(cls, column: pa.Array) -> _Coded:
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        nothing = pa.nulls(1, coded.dictionary.type)
        codes = indices_of(coded, len(coded.dictionary))
        return cls(pa.concat_arrays([coded.dictionary, nothing]), codes)


_NO_KEY = pa.nulls(1, pa.string())


def count_range(read: RangeRows, subjects: Ints) -> pa.Table:
    """The figures of a range, a table of COUNTS. `subjects`: `subject_codes` of the rows."""
    events = one_array(read.rows, "events").to_numpy()
    everything = _Rows(subjects, events)
    places = {unit: found for unit, found in _counted(read) if len(found)}
    keys = {level: _Coded.of(one_array(read.rows, key)) for level, key in _KEYS.items()}
    tags = TagCells(one_array(read.rows, "tags"))
    tables = _across_types(everything, places)
    for unit, found in places.items():
        rows, of_unit = everything.at(found), _of_unit(unit)
        every = _Coded(_NO_KEY, np.zeros(len(found), np.int64))
        tables.append(_figures("type", of_unit, rows, every))
        for level, key in keys.items():
            of_rows = _Coded(key.values, key.codes[found])
            tables.append(_figures(level, of_unit, rows, of_rows, _KEYS[level]))
        tagged, codes = tags.pairs(found)
        tables.append(
            _figures("type_tag", of_unit, everything.at(tagged), _Coded(tags.names, codes), "tag")
        )
    return pa.concat_tables([COUNTS.empty_table(), *tables])


def _counted(read: RangeRows) -> Iterator[tuple[UnitRows, Ints]]:
    """The places of the rows that may be counted, unit by unit."""
    counted = one_array(read.rows, "counted").to_numpy(zero_copy_only=False)
    for unit, first, last in read.units:
        yield unit, first + np.flatnonzero(counted[first:last])


def _of_unit(unit: UnitRows) -> dict[str, object]:
    return {"area": unit.area, "report_type": unit.report_type, "delayed": unit.delayed}


def _across_types(everything: _Rows, places: Mapping[UnitRows, Ints]) -> list[pa.Table]:
    """A subject that is in several types' rows is one subject in the area, and in the total."""
    tables = []
    for level, names in (("area", ("area", "delayed")), ("total", ("delayed",))):
        same: dict[tuple[object, ...], list[Ints]] = {}
        for unit, found in places.items():
            same.setdefault(tuple(_of_unit(unit)[name] for name in names), []).append(found)
        for values, several in same.items():
            rows = everything.at(np.concatenate(several))
            every = _Coded(_NO_KEY, np.zeros(len(rows.subjects), np.int64))
            said = dict(zip(names, values, strict=True))
            tables.append(_figures(level, said, rows, every))
    return tables


def _figures(
    level: str, keys: Mapping[str, object], rows: _Rows, of_rows: _Coded, name: str = ""
) -> pa.Table:
    """A figure for each value that the key `name` has in these rows; `keys` are the other ones."""
    size = len(of_rows.values)
    counts = np.bincount(of_rows.codes, minlength=size)
    events = np.zeros(size, np.int64)
    np.add.at(events, of_rows.codes, rows.events)
    addresses = _distinct(rows.subjects, of_rows.codes, size)
    there = np.flatnonzero(counts)
    found = {"addresses": addresses, "rows": counts, "events": events}
    columns = {key: pa.array(figures[there], pa.int64()) for key, figures in found.items()}
    if name:
        columns[name] = of_rows.values.take(pa.array(there))
    constants = {"level": level, **keys}
    return pa.table(
        [
            columns[field.name]
            if field.name in columns
            else pa.repeat(pa.scalar(constants.get(field.name), field.type), len(there))
            for field in COUNTS
        ],
        schema=COUNTS,
    )


def _distinct(subjects: Ints, codes: Ints, size: int) -> Ints:
    """How many distinct subjects each of `size` codes has, those of -1 not counted."""
    known = subjects >= 0
    pairs = subjects[known] * size + codes[known]
    # Stable, since that is quick with what is nearly sorted, as a unit's rows are by subject.
    pairs.sort(kind="stable")
    fresh: Flags = np.ones(len(pairs), np.bool_)
    fresh[1:] = pairs[1:] != pairs[:-1]
    return np.bincount(pairs[fresh] % size, minlength=size)


def count_rare_tags(
    read: RangeRows, subjects: Ints, kept: Mapping[tuple[str, bool], Collection[str]]
) -> pa.Table:
    """The figure of OTHER in types with too many tags. `kept`: the tags with their own, by unit.

    A row with several rare tags is one row, and a subject of several rows one subject.
    """
    everything = _Rows(subjects, one_array(read.rows, "events").to_numpy())
    tags = TagCells(one_array(read.rows, "tags"))
    tables = [COUNTS.empty_table()]
    for unit, found in _counted(read):
        own = kept.get((unit.report_type, unit.delayed))
        if own is None:
            continue
        is_own = np.array([name in own for name in tags.names.to_pylist()], np.bool_)
        tagged, codes = tags.pairs(found)
        rows = everything.at(np.unique(tagged[~is_own[codes]]))
        every = _Coded(pa.array([OTHER]), np.zeros(len(rows.subjects), np.int64))
        tables.append(_figures("type_tag", _of_unit(unit), rows, every, "tag"))
    return pa.concat_tables(tables)
