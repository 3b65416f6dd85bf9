"""One index of all units of a night: whose a row is, when it was, where it is, and its line.

Rows of one unit that have the same audience and lie in the same AS and country are a *group*. The
rows of a group stand together, by time and `_id`: what a list got last is at the end of its
groups, and how much of it is from an AS or a country is told without looking at rows. Rows are
found by their addresses through *runs*: the rows of a unit that have one subject.

The index lies in the home's cache, is mapped, and may be removed at any time: it is made again of
the published files, which never change, and of the packs. What makes it is in `night_making`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.search.arrays_file import Arrays, read_arrays
from tocsin.model.address import Flags, Ints, UInt64s

FORMAT = 1
"""Number of the form below; an index of another form is as good as none."""

NOWHERE = (1 << 32) - 1
"""In `positions`, of a row that nobody got; in `lines`, of one whose line does not tell it."""

NO_ASN = -(1 << 63)
"""Of a place whose cell is empty."""

NO_TEXT = -1

SHAPES = {
    "lists": "<i8",
    "list_starts": "<i8",
    "list_audiences": "<i4",
    "audience_groups": "<i8",
    "group_units": "<i4",
    "group_places": "<i4",
    "group_starts": "<i8",
    "group_lines": "<i8",
    "place_asn": "<i8",
    "place_geo": "<i4",
    "origins": "<i8",
    "origin_places": "<i4",
    "countries": "<i4",
    "country_places": "<i4",
    "moments": "<i8",
    "ids": ">u8",
    "rows": "<u4",
    "lines": "<u4",
    "positions": "<u4",
    "run_hi": "<u8",
    "run_lo": "<u8",
    "run_units": "<i4",
    "run_rows": "<u4",
    "run_counts": "<u4",
}
"""The arrays and how they are kept; NightIndex says what they hold."""

_MOST_OPEN = 40
"""So many stay open, a few more than there are: what was removed takes room until it is closed."""


@dataclass(frozen=True, slots=True)
class IndexedUnit:
    """A unit of the night. first: where its rows begin in `positions`. columns: of its pack.

    has_asn, has_geo: whether its file has the columns of its subject's AS and country.
    """

    stem: str
    first: int
    rows: int
    has_asn: bool
    has_geo: bool
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class NightIndex:
    """The arrays, with L lists, A audiences, G groups, K places, P postings, N rows, R runs.

    units: by stem, ascending. words: the countries that codes mean.
    lists `(L,)` ascending; their audiences are list_audiences[list_starts[n]:list_starts[n + 1]];
    the groups of an audience are audience_groups[a] .. audience_groups[a + 1].
    group_units, group_places `(G,)`. group_starts `(G + 1,)`: their postings. group_lines: where
    in the unit's pack the report begins in which the lines of the group are counted.
    place_asn, place_geo `(K,)`: as the columns show them; origins with origin_places, and
    countries with country_places: what the subjects have beside.
    moments `(P,)` in microseconds, ids `(2 P,)`, rows, lines: of each posting when it was, its
    `_id`, its row in the file, and where in the report its line begins.
    positions `(N,)`: the posting of each row. run_*: `(R,)`, by subject and unit: their first row,
    and how many there are.
    """

    units: tuple[IndexedUnit, ...]
    words: tuple[str, ...]
    lists: Ints
    list_starts: Ints
    list_audiences: NDArray[np.int32]
    audience_groups: Ints
    group_units: NDArray[np.int32]
    group_places: NDArray[np.int32]
    group_starts: Ints
    group_lines: Ints
    place_asn: Ints
    place_geo: NDArray[np.int32]
    origins: Ints
    origin_places: NDArray[np.int32]
    countries: NDArray[np.int32]
    country_places: NDArray[np.int32]
    moments: Ints
    ids: UInt64s
    rows: NDArray[np.uint32]
    lines: NDArray[np.uint32]
    positions: NDArray[np.uint32]
    run_hi: UInt64s
    run_lo: UInt64s
    run_units: NDArray[np.int32]
    run_rows: NDArray[np.uint32]
    run_counts: NDArray[np.uint32]

    def number(self, stem: str) -> int | None:
        """The number of a unit; None if the night had no rows of it when this was made."""
        return self._numbers.get(stem)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {each.stem: number for number, each in enumerate(self.units)}

    def groups_of(self, list_id: int, units: Flags) -> Ints:
        """The groups that a list got, of the units that are marked, ascending."""
        place = int(np.searchsorted(self.lists, list_id))
        if place == len(self.lists) or self.lists[place] != list_id:
            return np.zeros(0, np.int64)
        audiences = self.list_audiences[self.list_starts[place] : self.list_starts[place + 1]]
        groups = spread(self.audience_groups[audiences], self.audience_groups[audiences + 1])
        return groups[units[self.group_units[groups]]]

    def groups_at(self, positions: Ints) -> Ints:
        """The group of each posting."""
        found: Ints = np.searchsorted(self.group_starts, positions, side="right") - 1
        return found

    def id_at(self, position: int) -> bytes:
        """The `_id` of a posting."""
        return self.ids[2 * position : 2 * position + 2].tobytes()


def spread(firsts: Ints, ends: Ints) -> Ints:
    """All numbers from each first to before its end."""
    lengths = np.asarray(ends - firsts, np.int64)
    total = int(lengths.sum())
    starts = np.cumsum(lengths) - lengths
    return np.repeat(firsts - starts, lengths) + np.arange(total, dtype=np.int64)


def night_index(path: Path | None) -> NightIndex | None:
    """The index of a night, if it has been made; it stays open, as it never changes."""
    if path is None:
        return None
    try:
        said = path.stat()
    except FileNotFoundError:
        return None
    return _opened(path, said.st_mtime_ns, said.st_size)


@lru_cache(maxsize=_MOST_OPEN)
def _opened(path: Path, _changed: int, _size: int) -> NightIndex | None:
    arrays = read_arrays(path)
    if arrays is None or arrays.said.get("format") != FORMAT:
        return None
    return _index(arrays)


def _index(arrays: Arrays) -> NightIndex:
    units = tuple(
        IndexedUnit(**{**each, "columns": tuple(each["columns"])}) for each in arrays.said["units"]
    )
    return NightIndex(units, tuple(arrays.said["words"]), **arrays.of)


def said_of(units: Iterable[IndexedUnit], words: Iterable[str]) -> dict[str, object]:
    """What is written beside the arrays."""
    told = [{name: getattr(each, name) for name in IndexedUnit.__slots__} for each in units]
    return {"format": FORMAT, "units": told, "words": list(words)}
