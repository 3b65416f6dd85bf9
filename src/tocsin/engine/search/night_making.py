"""Making the index of a night: each unit is read twice, and of one at a time all is in memory.

First the groups are told apart, of which the whole index is planned; then postings are put in
their places. In memory are, of the night, four bytes a row, the groups and the runs; and of one
unit some hundred bytes a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.lake.parquet import read_parquet
from tocsin.engine.nightly.distinct import one_array
from tocsin.engine.search.arrays_file import Array, write_arrays
from tocsin.engine.search.night_groups import Grouping, UnitFiles, UnitGroups, by_subject
from tocsin.engine.search.night_index import NOWHERE, SHAPES, said_of, spread
from tocsin.engine.search.pack_lines import PackLines, pack_lines
from tocsin.model.address import Flags, Ints, UInt64s

__all__ = ["UnitFiles", "make_night"]


def make_night(path: Path, files: Sequence[UnitFiles]) -> None:
    """Write the index of all units of a night; the same files make the same bytes.

    RunError for a table of audiences of another format.
    """
    grouping, units, first = Grouping(), [], 0
    for each in sorted(files, key=lambda one: one.unit.stem):
        units.append(grouping.read(each, first))
        first += units[-1].said.rows
    groups = _groups(units)
    known = {**groups.arrays, **_places(grouping), **dict(by_subject(units))}
    counts = {
        **{name: len(values) for name, values in known.items()},
        "group_lines": len(groups.sizes),
        **dict.fromkeys(("moments", "rows", "lines"), int(groups.sizes.sum())),
        "ids": 2 * int(groups.sizes.sum()),
        "positions": first,
    }
    shapes = {name: (kind, counts[name]) for name, kind in SHAPES.items()}
    with write_arrays(path, said_of((u.said for u in units), grouping.words), shapes) as arrays:
        for name, values in known.items():
            arrays[name][:] = values
        for number, unit in enumerate(units):
            if unit.said.rows:
                _place(unit, groups.of_unit(number), arrays)


@dataclass(frozen=True)
class _Groups:
    """The groups of the night in order. arrays: of the index, those that tell them.

    units, own: of each the unit, and its number there; sizes: its postings.
    """

    arrays: Mapping[str, Array]
    units: Ints
    own: Ints
    sizes: Ints

    def of_unit(self, number: int) -> Ints:
        """The number in the night of each group of a unit."""
        theirs = np.flatnonzero(self.units == number)
        numbers = np.empty(len(theirs), np.int64)
        numbers[self.own[theirs]] = theirs
        return numbers


def _groups(units: Sequence[UnitGroups]) -> _Groups:
    """All groups, by audience, unit and place: what a list got of a night lies close together."""
    audiences = sorted({lists for each in units for lists in each.audiences if lists})
    numbers = {lists: number for number, lists in enumerate(audiences)}
    of_unit = [
        np.array([numbers.get(lists, 0) for lists in each.audiences], np.int64) for each in units
    ]
    empty = np.zeros(0, np.int64)
    audience = np.concatenate(
        [empty, *(of[each.group_audiences] for of, each in zip(of_unit, units, strict=True))]
    )
    place = np.concatenate([empty, *(each.group_places for each in units)])
    counts = [len(each.group_places) for each in units]
    unit = np.repeat(np.arange(len(units)), counts)
    own = np.concatenate([empty, *(np.arange(count) for count in counts)])
    sizes = np.concatenate([empty, *(_sizes(each) for each in units)])
    order = np.lexsort((place, unit, audience))
    lists, starts, by_list = _by_list(audiences)
    arrays = {
        "lists": lists,
        "list_starts": starts,
        "list_audiences": by_list,
        "audience_groups": np.searchsorted(audience[order], np.arange(len(audiences) + 1)),
        "group_units": unit[order],
        "group_places": place[order],
        "group_starts": np.append(0, np.cumsum(sizes[order])),
    }
    return _Groups(arrays, unit[order], own[order], sizes[order])


def _sizes(unit: UnitGroups) -> Ints:
    heard = unit.of_rows[unit.of_rows != NOWHERE]
    return np.bincount(heard, minlength=len(unit.group_places)).astype(np.int64)


def _by_list(audiences: Sequence[tuple[int, ...]]) -> tuple[Ints, Ints, Ints]:
    """The lists, where the audiences of each begin, and these."""
    sizes = np.array([len(each) for each in audiences], np.int64)
    members = np.fromiter(chain.from_iterable(audiences), np.int64, int(sizes.sum()))
    numbers = np.repeat(np.arange(len(audiences)), sizes)
    order = np.argsort(members, kind="stable")
    lists, starts = np.unique(members[order], return_index=True)
    return lists, np.append(starts, len(members)), numbers[order]


def _places(grouping: Grouping) -> dict[str, Array]:
    """What places have: their cells, and each origin and country with its place."""
    told = np.array([*grouping.places], np.int64).reshape(-1, 4)
    origins, of_origins = _members(grouping.origins.sets, told[:, 2])
    countries, of_countries = _members(grouping.countries.sets, told[:, 3])
    return {
        "place_asn": told[:, 0],
        "place_geo": told[:, 1],
        "origins": origins,
        "origin_places": of_origins,
        "countries": countries,
        "country_places": of_countries,
    }


def _members(sets: Sequence[tuple[int, ...]], numbers: Ints) -> tuple[Ints, Ints]:
    sizes = np.array([len(each) for each in sets], np.int64)
    flat = np.fromiter(chain.from_iterable(sets), np.int64, int(sizes.sum()))
    ends = np.cumsum(sizes)
    within = spread((ends - sizes)[numbers], ends[numbers])
    return flat[within], np.repeat(np.arange(len(numbers)), sizes[numbers])


def _place(unit: UnitGroups, numbers: Ints, arrays: Mapping[str, Array]) -> None:
    """Put the postings of a unit in their places. numbers: of its groups in the night."""
    told = read_parquet(unit.files.rows, ["timestamp", "_id", "_audience"])
    moments = one_array(told, "timestamp").cast(pa.int64()).to_numpy()
    ids = _ids(one_array(told, "_id"))
    audiences = told.column("_audience").to_numpy().astype(np.int64)
    in_time = np.lexsort((ids[:, 1], ids[:, 0], moments))
    lines = _lines(unit, moments, ids, audiences, in_time)

    heard = in_time[unit.of_rows[in_time] != NOWHERE]
    groups = numbers[unit.of_rows[heard]]
    by_group = np.argsort(groups, kind="stable")
    rows, groups = heard[by_group], groups[by_group]
    starts = arrays["group_starts"]
    firsts = np.searchsorted(groups, groups, side="left")
    positions = starts[groups] + np.arange(len(groups)) - firsts
    arrays["moments"][positions] = moments[rows]
    arrays["ids"].reshape(-1, 2)[positions] = ids[rows]
    arrays["rows"][positions] = rows
    arrays["lines"][positions] = lines.lines[rows]
    arrays["group_lines"][numbers] = lines.begins[unit.group_audiences]
    own = arrays["positions"][unit.said.first : unit.said.first + unit.said.rows]
    own[:] = NOWHERE
    own[rows] = positions


def _ids(column: pa.Array) -> NDArray[np.uint64]:
    """Identifiers as two halves, `(rows, 2)`, in whose order they are."""
    content = column.buffers()[1]
    halves = np.frombuffer(content, ">u8")[2 * column.offset : 2 * (column.offset + len(column))]
    return halves.astype(np.uint64).reshape(-1, 2)


def _lines(
    unit: UnitGroups, moments: Ints, ids: UInt64s, audiences: Ints, in_time: Ints
) -> PackLines:
    kept = unit.files
    found = pack_lines(kept.rows, kept.pack, unit.audiences, audiences, in_time)
    found.lines[_same(moments, ids, in_time)] = NOWHERE
    return found


def _same(moments: Ints, ids: UInt64s, in_time: Ints) -> Ints:
    """Rows that share time and id with another: which comes first a pack does not tell."""
    ordered, halves = moments[in_time], ids[in_time]
    alike: Flags = (ordered[1:] == ordered[:-1]) & (halves[1:] == halves[:-1]).all(axis=1)
    found: Ints = in_time[np.append(alike, False) | np.append(False, alike)]
    return found
