"""Looking addresses up: whose they are and where, by the column or one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.engine.atlas.blocks import look_up
from tocsin.engine.atlas.info import AtlasInfo
from tocsin.engine.atlas.layout import REGISTRIES, Int32s, Layout
from tocsin.model.address import ALL_ONES, V4_OFFSET, Addresses, Ints, Network


@dataclass(frozen=True, slots=True)
class Located:
    """Arrow arrays of the length that was asked for; null where nothing is known.

    asn int64: the origin that most peers see, of equals the lowest. origins list<uint32>,
    ascending. country, region, city, sector string; naics int64.
    """

    asn: pa.Array
    origins: pa.Array
    country: pa.Array
    region: pa.Array
    city: pa.Array
    naics: pa.Array
    sector: pa.Array


@dataclass(frozen=True, slots=True)
class Cover:
    """All origins and countries found within a prefix, ascending."""

    origins: tuple[int, ...]
    countries: tuple[str, ...]


class Place(TypedDict):
    """A row of the table of places."""

    country: str | None
    region: str | None
    city: str | None
    naics: int | None
    sector: str | None


NOWHERE: Place = {"country": None, "region": None, "city": None, "naics": None, "sector": None}


@dataclass(frozen=True, slots=True)
class Interval:
    """What holds at one address, and from where to where nothing changes.

    first, last: the interval. prefix: the most specific route, None if unrouted. asn: the
    origin that most peers see. origins: (AS number, peers that see it), ascending by number.
    geo_prefix: the most specific prefix of the geography, None if it has none here.
    """

    first: int
    last: int
    prefix: Network | None
    asn: int | None
    origins: tuple[tuple[int, int], ...]
    as_name: str | None
    country: str | None
    region: str | None
    city: str | None
    naics: int | None
    sector: str | None
    geo_prefix: Network | None


@dataclass(frozen=True)
class Found:
    """Where a column of addresses was found: rows of the atlas's tables, -1 where nothing is."""

    atlas: Atlas
    origin_sets: Int32s
    places: Int32s

    def column(self, name: str) -> pa.Array:
        """One column of `Located`."""
        numbers = self.origin_sets if name in _OF_ORIGIN_SETS else self.places
        return self.atlas.known(name).take(_rows(numbers))


_OF_ORIGIN_SETS = ("asn", "origins")


class Atlas:
    """A loaded atlas; it never changes, and threads may share it."""

    def __init__(self, info: AtlasInfo, layout: Layout) -> None:
        self.info = info
        self.layout = layout
        self._v4_count = len(layout.v4_starts)
        self._columns = {
            name: _column(table, name)
            for table in (layout.origin_sets, layout.places)
            for name in table.column_names
        }
        self._asn = self._columns["asn"].to_numpy()

    def find(self, addresses: Addresses) -> Found:
        """Look up a column of addresses, IPv4 and IPv6 mixed, in any order, with repeats."""
        numbers = self._numbers(addresses)
        return Found(self, self.layout.origin_set[numbers], self.layout.place[numbers])

    def locate(self, addresses: Addresses) -> Located:
        """All that `find` finds."""
        found = self.find(addresses)
        return Located(**{name: found.column(name) for name in Located.__slots__})

    def known(self, name: str) -> pa.Array:
        """A column of the table of origin sets or of places."""
        return self._columns[name]

    def cover(self, network: Network) -> Cover:
        """The union of what holds at every address of a prefix.

        That is the most specific answer for each of its addresses: a route that spans the
        prefix counts wherever no longer one takes its place.
        """
        # Not by the address: an IPv6 prefix may end within the mapped block, which is IPv4's.
        numbers = self._v4_numbers if network.is_v4 else self._v6_numbers
        ends = numbers(Addresses.from_ints([network.first, network.last]))
        begin, end = int(ends[0]), int(ends[1]) + 1
        sets = _known(self.layout.origin_set[begin:end])
        places = _known(self.layout.place[begin:end])
        origins = pc.unique(self._columns["origins"].take(pa.array(sets)).flatten())
        countries = pc.unique(self._columns["country"].take(pa.array(places)).drop_null())
        return Cover(tuple(sorted(origins.to_pylist())), tuple(sorted(countries.to_pylist())))

    def announced(self, asn: int, version: int) -> Iterator[Network]:
        """The prefixes of one family (4 or 6) of which an AS is an origin, by where they begin.

        A prefix that more specific ones cover whole is not among them: the atlas knows what holds
        at each address, and nowhere does that one.
        """
        origins = self._columns["origins"]
        of = origins.value_parent_indices().to_numpy()[origins.flatten().to_numpy() == asn]
        begin, end = (0, self._v4_count) if version == 4 else (self._v4_count, None)
        sets = self.layout.origin_set[begin:end]
        found = set()
        for offset in np.flatnonzero(np.isin(sets, of)):
            number = begin + int(offset)
            prefix = _prefix(self._start(number), int(self.layout.route_length[number]))
            # A longer one within cuts it, and it goes on behind that.
            if prefix is not None and prefix not in found:
                yield prefix
                found.add(prefix)

    def interval(self, address: int) -> Interval:
        """All that is known about one address."""
        layout = self.layout
        number = int(self._numbers(Addresses.from_ints([address]))[0])
        origin_set, place = int(layout.origin_set[number]), int(layout.place[number])
        asn = int(self._asn[origin_set]) if origin_set >= 0 else None
        where = NOWHERE
        if place >= 0:
            where = cast(Place, layout.places.slice(place, 1).to_pylist()[0])
        return Interval(
            first=self._start(number),
            last=self._last(number),
            prefix=_prefix(address, int(layout.route_length[number])),
            asn=asn,
            origins=self._weighted(origin_set),
            as_name=None if asn is None else self.as_name(asn),
            geo_prefix=_prefix(address, int(layout.place_length[number])),
            **where,
        )

    def neighbours(self, address: int) -> tuple[int, ...]:
        """The ASes directly before the origin of an address (`asn`) in the paths of its prefix,
        ascending. None of them where the atlas was made of routes without paths."""
        layout = self.layout
        sets, bounds, numbers = layout.neighbour_set, layout.neighbour_bounds, layout.neighbours
        if sets is None or bounds is None or numbers is None:
            return ()
        row = int(sets[self._numbers(Addresses.from_ints([address]))[0]])
        if row < 0:
            return ()
        return tuple(numbers[int(bounds[row]) : int(bounds[row + 1])].tolist())

    def registry(self, address: int) -> str | None:
        """Which registry delegated an address, None if the atlas does not tell."""
        registry = self.layout.registry
        if registry is None:
            return None
        number = int(registry[self._numbers(Addresses.from_ints([address]))[0]])
        return REGISTRIES[number - 1] if number else None

    def as_name(self, asn: int) -> str | None:
        """The name of an autonomous system, None if the atlas has none."""
        numbers = _column(self.layout.names, "asn").to_numpy()
        row = int(np.searchsorted(numbers, asn))
        if row == len(numbers) or int(numbers[row]) != asn:
            return None
        return cast(str, self.layout.names.column("as_name")[row].as_py())

    def _numbers(self, addresses: Addresses) -> Ints:
        """The number of the interval that each address lies in."""
        v4 = addresses.is_v4
        if v4.all():
            return self._v4_numbers(addresses)
        numbers = np.empty(len(addresses), dtype=np.int64)
        numbers[v4] = self._v4_numbers(addresses.take(v4))
        numbers[~v4] = self._v6_numbers(addresses.take(~v4))
        return numbers

    def _v4_numbers(self, addresses: Addresses) -> Ints:
        layout, points = self.layout, addresses.v4()
        if layout.blocks is not None and layout.overflow is not None:
            return look_up(layout.blocks, layout.overflow, points).astype(np.int64)
        found: Ints = np.searchsorted(layout.v4_starts, points, side="right") - 1
        return found

    def _v6_numbers(self, addresses: Addresses) -> Ints:
        found: Ints = np.searchsorted(self.layout.v6_starts, addresses.keys(), side="right")
        return found - 1 + self._v4_count

    def _start(self, number: int) -> int:
        if number < self._v4_count:
            return int(self.layout.v4_starts[number]) | V4_OFFSET
        # numpy drops the zero bytes at the end of a fixed-width text.
        start = bytes(self.layout.v6_starts[number - self._v4_count])
        return int.from_bytes(start.ljust(16, b"\0"), "big")

    def _last(self, number: int) -> int:
        if number + 1 == self._v4_count:
            return V4_OFFSET | 0xFFFFFFFF
        if number + 1 == len(self.layout.origin_set):
            return ALL_ONES
        return self._start(number + 1) - 1

    def _weighted(self, origin_set: int) -> tuple[tuple[int, int], ...]:
        if origin_set < 0:
            return ()
        row = self.layout.origin_sets.slice(origin_set, 1).to_pylist()[0]
        return tuple(zip(row["origins"], row["peers"], strict=True))


def _column(table: pa.Table, name: str) -> pa.Array:
    return table.column(name).combine_chunks()


def _rows(numbers: Int32s) -> pa.Array:
    """Row numbers for Arrow's `take`, where -1 gives null."""
    return pa.array(numbers, mask=numbers < 0)


def _known(numbers: Int32s) -> Int32s:
    distinct = np.unique(numbers)
    return distinct[distinct >= 0]


def _prefix(address: int, length: int) -> Network | None:
    """The prefix of that length that holds the address; 0 stands for none."""
    return Network(address & ~(ALL_ONES >> length), length) if length else None
