"""Whose address it is: atlas look-ups for the columns of a batch, each address once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.atlas.lookup import Atlas, Found
from tocsin.engine.atlas.store import AtlasInfo, list_atlases, load_atlas
from tocsin.engine.intake.hosts import Hosts
from tocsin.model.address import Network

PLACES = pa.schema(
    [
        ("asn", pa.int64()),
        ("origins", pa.list_(pa.uint32())),
        ("geo", pa.string()),
        ("countries", pa.list_(pa.string())),
        ("region", pa.string()),
        ("city", pa.string()),
        ("naics", pa.int64()),
        ("sector", pa.string()),
    ]
)
"""What is known of where an address belongs; null where nothing is."""


class Atlases:
    """The atlases pinned for a batch, opened when first asked; the newest not later counts."""

    def __init__(self, directory: Path, names: Sequence[str]) -> None:
        self._directory = directory
        self._names = tuple(names)
        self._open: dict[int, Atlas] = {}

    @property
    def none_pinned(self) -> bool:
        """Whether the batch does without."""
        return not self._names

    @cached_property
    def _infos(self) -> tuple[AtlasInfo, ...]:
        wanted = set(self._names)
        known = list_atlases(self._directory) if wanted else ()
        return tuple(info for info in known if info.name in wanted)

    def choose(self, moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each moment (microseconds since 1970, UTC) the number of its atlas, -1 for none."""
        starts = np.array([_microseconds(info.at) for info in self._infos], dtype=np.int64)
        found: NDArray[np.int64] = np.searchsorted(starts, moments, side="right") - 1
        return found

    def name(self, number: int) -> str:
        """The name of an atlas by its number, "" for -1."""
        return self._infos[number].name if number >= 0 else ""

    def atlas(self, number: int) -> Atlas:
        """The atlas of that number, opened."""
        if number not in self._open:
            self._open[number] = load_atlas(self._directory, self._infos[number].name)
        return self._open[number]


def _microseconds(moment: dt.datetime) -> int:
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


class _Addresses:
    """Places of addresses, looked up in one atlas."""

    def __init__(self, found: Found) -> None:
        self._found = found

    def column(self, name: str) -> pa.Array:
        """A column of PLACES, a value or null a row."""
        column = _one_country_each(self._geo) if name == "countries" else self._plain(name)
        return column.cast(PLACES.field(name).type)

    def _plain(self, name: str) -> pa.Array:
        return self._geo if name == "geo" else self._found.column(name)

    @cached_property
    def _geo(self) -> pa.Array:
        return self._found.column("country")


class _Prefixes:
    """Places of prefixes: what they cover in one atlas."""

    def __init__(self, networks: Sequence[Network], atlas: Atlas) -> None:
        covers = [_cover(network, atlas) for network in networks]
        self._table = pa.Table.from_pylist(covers, schema=PLACES)

    def column(self, name: str) -> pa.Array:
        """A column of PLACES, a value or null a row."""
        return self._table.column(name).combine_chunks()


class Located:
    """Places by row; null where nothing was looked up, or nothing is known."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._parts: list[tuple[NDArray[np.int64], _Addresses | _Prefixes]] = []

    def add(self, rows: NDArray[np.int64], places: _Addresses | _Prefixes) -> None:
        """What some of the rows have; no row is given twice."""
        self._parts.append((rows, places))

    def column(self, name: str) -> pa.Array:
        """One column of PLACES, a value or null a row."""
        if not self._parts:
            return pa.nulls(self._rows, PLACES.field(name).type)
        arrays = [places.column(name) for _, places in self._parts]
        if len(arrays) == 1 and len(arrays[0]) == self._rows:
            return arrays[0]
        where = np.full(self._rows, -1, np.int64)
        given = np.concatenate([rows for rows, _ in self._parts])
        where[given] = np.arange(len(given))
        return pa.concat_arrays(arrays).take(pa.array(where, mask=where < 0))


def locate(hosts: Hosts, atlas_numbers: NDArray[np.int64], atlases: Atlases) -> Located:
    """Look a column of hosts up, each row in the atlas of its time."""
    located = Located(len(hosts.lengths))
    for number in np.unique(atlas_numbers).tolist():
        if number < 0:
            continue
        here = (atlas_numbers == number) & hosts.present
        single, wide = np.flatnonzero(here & ~hosts.wide), np.flatnonzero(here & hosts.wide)
        atlas = atlases.atlas(number)
        if len(single):
            located.add(single, _Addresses(atlas.find(hosts.first.take(single))))
        if len(wide):
            networks = [hosts.network(row) for row in wide.tolist()]
            located.add(wide, _Prefixes(networks, atlas))
    return located


def _one_country_each(geo: pa.Array) -> pa.Array:
    """Lists of the one country of each row; they share its values, and are null where it is."""
    known = np.asarray(geo.is_valid())
    offsets = np.zeros(len(geo) + 1, np.int32)
    np.cumsum(known, out=offsets[1:])
    if known.all():
        return pa.ListArray.from_arrays(pa.array(offsets), geo)
    return pa.ListArray.from_arrays(
        pa.array(offsets, mask=np.append(~known, False)), geo.drop_null()
    )


def _cover(network: Network, atlas: Atlas) -> dict[str, object]:
    """What a prefix covers: all origins and countries; a single one also stands in its cell."""
    cover = atlas.cover(network)
    return {
        "asn": cover.origins[0] if len(cover.origins) == 1 else None,
        "origins": list(cover.origins) or None,
        "geo": cover.countries[0] if len(cover.countries) == 1 else None,
        "countries": list(cover.countries) or None,
    }
