"""Searching a night in its index: which postings are meant, the first of them, and their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.search.fields import TYPE
from tocsin.engine.search.night_index import NO_ASN, NO_TEXT, NightIndex, spread
from tocsin.engine.search.night_terms import Terms
from tocsin.engine.search.values import Cell, Mark, Order, Place
from tocsin.model.address import MASK_64, Flags, Ints, Network

AT_ONCE = 1 << 21
"""About so many postings are looked at at a time."""

MOST_BY_ADDRESS = 1 << 21
"""Of networks with more rows in a night files tell faster what is a list's."""

COUNTED = ("asns", "countries")
"""Parts of Terms whose values are counted here, beside report types."""


@dataclass(frozen=True)
class Sought:
    """Places of one night with what is asked of them, all of which its index tells."""

    index: NightIndex
    places: Sequence[tuple[Place, Terms]]

    @property
    def by_unit(self) -> Mapping[int, Place]:
        """The places by the number of their unit."""
        numbers = ((self.index.number(place.unit.stem), place) for place, _ in self.places)
        return {number: place for number, place in numbers if number is not None}


def too_broad(index: NightIndex, terms: Terms) -> bool:
    """Whether the networks that are asked for have so many rows that files are read faster."""
    return any(
        sum(int(index.run_counts[first:end].sum()) for first, end in _runs(index, some))
        > MOST_BY_ADDRESS
        for some in terms.networks
    )


# --- which postings -------------------------------------------------------------------------


def _groups(sought: Sought) -> Iterator[tuple[Terms, Ints]]:
    """The groups that may hold what is meant, for each of the terms."""
    by_terms: dict[Terms, list[Place]] = {}
    for place, terms in sought.places:
        if not terms.never:
            by_terms.setdefault(terms, []).append(place)
    for terms, places in by_terms.items():
        groups = _of_lists(sought.index, places, terms)
        if len(groups) and (terms.asns or terms.countries):
            groups = groups[_fitting(sought.index, terms)[sought.index.group_places[groups]]]
        if len(groups):
            yield terms, groups


def _of_lists(index: NightIndex, places: Sequence[Place], terms: Terms) -> Ints:
    units: dict[int, Flags] = {}
    for place in places:
        number = index.number(place.unit.stem)
        if number is None or _lacks(index, number, terms):
            continue
        for each in place.whole:
            units.setdefault(each, np.zeros(len(index.units), np.bool_))[number] = True
    found = [index.groups_of(each, flags) for each, flags in units.items()]
    if len(found) == 1:
        return found[0]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *found]))


def _lacks(index: NightIndex, number: int, terms: Terms) -> bool:
    """Whether a unit's file has no column that is asked for."""
    unit = index.units[number]
    return (bool(terms.asns) and not unit.has_asn) or (bool(terms.countries) and not unit.has_geo)


def _fitting(index: NightIndex, terms: Terms) -> Flags:
    """The places that have the AS and countries."""
    fits = np.ones(len(index.place_asn), np.bool_)
    for some in terms.asns:
        wanted = np.array(some, np.int64)
        here = np.isin(index.place_asn, wanted[wanted != NO_ASN])
        here[index.origin_places[np.isin(index.origins, wanted)]] = True
        fits &= here
    for said in terms.countries:
        shown = [n for n, word in enumerate(index.words) if _is_country(word, said)]
        beside = [n for n, word in enumerate(index.words) if word in {s.upper() for s in said}]
        here = np.isin(index.place_geo, shown)
        here[index.country_places[np.isin(index.countries, beside)]] = True
        fits &= here
    return fits


def _is_country(word: str, said: Sequence[str]) -> bool:
    lower = word.lower()
    return any(lower.startswith(s[:-1]) if s.endswith("*") else lower == s for s in said)


def _postings(
    sought: Sought, order: Order | None = None, most: int = 0
) -> Iterator[tuple[Ints, Ints]]:
    """The postings that are meant, in parts, with the groups that they are of; both ascending.

    order, most: only what may be among the first so many.
    """
    index = sought.index
    for terms, groups in _groups(sought):
        if terms.networks:
            yield groups, _within(index, terms, _by_address(index, terms, groups))
            continue
        firsts, ends = index.group_starts[groups], index.group_starts[groups + 1]
        if order is Order.DESCENDING and not terms.spans:
            firsts = np.maximum(firsts, ends - most)
        elif order is Order.ASCENDING and not terms.spans:
            ends = np.minimum(ends, firsts + most)
        for part in _parts(ends - firsts):
            yield groups[part], _within(index, terms, spread(firsts[part], ends[part]))


def _parts(sizes: Ints) -> Iterator[slice]:
    """Cut groups of these sizes into parts of about AT_ONCE postings."""
    done = np.cumsum(sizes) // AT_ONCE
    starts = [0, *(np.flatnonzero(np.diff(done)) + 1).tolist(), len(sizes)]
    return (slice(a, b) for a, b in pairwise(starts) if a < b)


def _within(index: NightIndex, terms: Terms, positions: Ints) -> Ints:
    """Those of the postings that are of the times that are asked for."""
    if not terms.spans:
        return positions
    moments = index.moments[positions]
    fits = np.ones(len(positions), np.bool_)
    for some in terms.spans:
        inside = [(first <= moments) & (moments <= last) for first, last in some]
        fits &= np.logical_or.reduce([np.zeros(len(positions), np.bool_), *inside])
    return positions[fits]


def _by_address(index: NightIndex, terms: Terms, groups: Ints) -> Ints:
    """The postings of the groups that lie in the networks, by their addresses."""
    within = [_rows_within(index, some) for some in terms.networks]
    found = reduce(partial(np.intersect1d, assume_unique=True), within)
    # Sorted they are told apart by a look at each group rather than at each of them.
    positions = np.sort(index.positions[found]).astype(np.int64)
    firsts, ends = _bounds(index, groups, positions)
    return positions[spread(firsts, ends)]


def _rows_within(index: NightIndex, networks: Sequence[Network]) -> Ints:
    """The places in `positions` of the rows in one of some networks, each once."""
    rows = [_rows_of(index, first, end) for first, end in _runs(index, networks)]
    # Networks may lie in each other; runs of one never share a row.
    return rows[0] if len(rows) == 1 else np.unique(np.concatenate(rows))


def _bounds(index: NightIndex, groups: Ints, positions: Ints) -> tuple[Ints, Ints]:
    """Between which of some postings, ascending, those of each group are."""
    firsts = np.searchsorted(positions, index.group_starts[groups])
    ends = np.searchsorted(positions, index.group_starts[groups + 1])
    return firsts, ends


def _rows_of(index: NightIndex, first: int, end: int) -> Ints:
    """The places in `positions` of the rows of some runs."""
    begins = np.array([each.first for each in index.units], np.int64)
    starts = begins[index.run_units[first:end]] + index.run_rows[first:end]
    return spread(starts, starts + index.run_counts[first:end])


def _runs(index: NightIndex, networks: Sequence[Network]) -> Iterator[tuple[int, int]]:
    """Between which runs each of the networks lies."""
    for network in networks:
        yield _run(index, network.first), _run(index, network.last + 1)


def _run(index: NightIndex, address: int) -> int:
    """The first run whose subject is not below an address."""
    if address >> 128:
        return len(index.run_hi)
    hi, lo = np.uint64(address >> 64), np.uint64(address & MASK_64)
    first = int(np.searchsorted(index.run_hi, hi, side="left"))
    end = int(np.searchsorted(index.run_hi, hi, side="right"))
    return first + int(np.searchsorted(index.run_lo[first:end], lo, side="left"))


# --- the first of them ----------------------------------------------------------------------


def first_marks(
    sought: Sought, order: Order, after: Mark | None, most: int
) -> list[tuple[Mark, Place]]:
    """The first of a night's rows that are meant, in order; `after`: only those behind it."""
    index = sought.index
    places = sought.by_unit
    day = next(iter(places.values())).day if places else None
    behind = after if after is not None and after.day == day else None
    kept = np.zeros(0, np.int64)
    clip = order if behind is None else None
    for _, positions in _postings(sought, clip, most):
        those = positions if behind is None else _behind(index, positions, order, behind)
        kept = _first(index, np.concatenate([kept, those]), order, most)
    return list(_marks(index, places, kept))


def _first(index: NightIndex, positions: Ints, order: Order, most: int) -> Ints:
    """The first `most` of some postings, in order."""
    backwards = order is Order.DESCENDING
    if len(positions) > most:
        certain, tied = _leading(index.moments[positions], most, backwards=backwards)
        alike = positions[tied]
        highs = index.ids[::2][alike].astype(np.uint64)
        better, same = _leading(highs, most - int(certain.sum()), backwards=backwards)
        positions = np.concatenate([positions[certain], alike[better | same]])
    units = index.group_units[index.groups_at(positions)]
    highs, lows = (index.ids[half::2][positions].astype(np.uint64) for half in (0, 1))
    by = (index.rows[positions], units, lows, highs, index.moments[positions])
    placed = positions[np.lexsort(by)]
    return placed[::-1][:most] if backwards else placed[:most]


def _leading(values: NDArray[Any], most: int, *, backwards: bool) -> tuple[Flags, Flags]:
    """Which of some values are among the first `most` for certain, and which are the next one."""
    if len(values) <= most:
        return np.ones(len(values), np.bool_), np.zeros(len(values), np.bool_)
    keys = np.invert(values) if backwards else values
    limit = np.partition(keys, most - 1)[most - 1]
    return keys < limit, keys == limit


def _behind(index: NightIndex, positions: Ints, order: Order, after: Mark) -> Ints:
    """Those of the postings that come after a row of their day."""
    backwards = order is Order.DESCENDING
    moments = index.moments[positions]
    further = moments < after.moment if backwards else moments > after.moment
    tied = positions[moments == after.moment]
    highs = index.ids[::2][tied].astype(np.uint64)
    high = np.uint64(int.from_bytes(after.id[:8].ljust(8, b"\0"), "big"))
    beyond = highs < high if backwards else highs > high
    last = (after.id, after.stem, after.row)
    # What is told by less than all of it is left to be compared whole; there is hardly any.
    same = [
        position
        for position in tied[highs == high].tolist()
        if (_place_of(index, position) < last if backwards else _place_of(index, position) > last)
    ]
    return np.concatenate([positions[further], tied[beyond], np.array(same, np.int64)])


def _place_of(index: NightIndex, position: int) -> tuple[bytes, str, int]:
    unit = index.group_units[index.groups_at(np.array([position]))[0]]
    return index.id_at(position), index.units[unit].stem, int(index.rows[position])


def _marks(
    index: NightIndex, places: Mapping[int, Place], positions: Ints
) -> Iterator[tuple[Mark, Place]]:
    units = index.group_units[index.groups_at(positions)].tolist()
    moments, rows = (each[positions].tolist() for each in (index.moments, index.rows))
    told = (units, positions.tolist(), moments, rows)
    for unit, position, moment, row in zip(*told, strict=True):
        place = places[unit]
        yield Mark(place.day, moment, index.id_at(position), place.unit.stem, row), place


# --- counts ---------------------------------------------------------------------------------


def count_rows(sought: Sought, field: str, kind: str) -> Counter[Cell]:
    """How often each value of a field occurs; kind: the part of Terms that it is, of `type` none.

    What groups tell is not counted row by row.
    """
    index = sought.index
    counts: Counter[Cell] = Counter()
    for groups, rows in _counted(sought):
        if field == TYPE:
            types = {number: place.report_type.id for number, place in sought.by_unit.items()}
            for unit, count in _added(index.group_units[groups], rows):
                counts[types[unit]] += count
        elif kind == "asns":
            for asn, count in _added(index.place_asn[index.group_places[groups]], rows):
                if asn != NO_ASN:
                    counts[asn] += count
        else:
            for code, count in _added(index.place_geo[index.group_places[groups]], rows):
                if code != NO_TEXT and index.words[code]:
                    counts[index.words[code]] += count
    return counts


def with_rows(sought: Sought) -> list[Place]:
    """The places that have a row that is meant."""
    units: set[int] = set()
    for groups, rows in _counted(sought):
        units.update(sought.index.group_units[groups[rows > 0]].tolist())
    return [place for number, place in sought.by_unit.items() if number in units]


def rows_meant(sought: Sought) -> int:
    """How many rows are meant, as far as the index tells."""
    return sum(int(rows.sum()) for _, rows in _counted(sought))


def _counted(sought: Sought) -> Iterator[tuple[Ints, Ints]]:
    """Groups, and how many of their rows are meant."""
    index = sought.index
    of_groups = [each for each in sought.places if each[1].of_groups]
    for _, groups in _groups(Sought(index, of_groups)):
        yield groups, index.group_starts[groups + 1] - index.group_starts[groups]
    others = [each for each in sought.places if not each[1].of_groups]
    for groups, positions in _postings(Sought(index, others)):
        firsts, ends = _bounds(index, groups, positions)
        told = ends > firsts
        yield groups[told], (ends - firsts)[told]


def _added(values: NDArray[Any], rows: Ints) -> Iterator[tuple[int, int]]:
    """Each value with the sum of its rows."""
    known, numbers = np.unique(values, return_inverse=True)
    # Weights are summed as floats, which are exact up to 2^53 rows.
    sums = np.bincount(numbers, weights=rows, minlength=len(known)).astype(np.int64)
    return zip(known.tolist(), sums.tolist(), strict=True)
