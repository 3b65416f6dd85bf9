"""Whose address it is: atlas look-ups for the columns of a batch, each address once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.atlas.lookup import Atlas
from tocsin.engine.atlas.store import AtlasInfo, list_atlases, load_atlas
from tocsin.engine.intake.cells import Distinct
from tocsin.model.address import Addresses, Network

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

_WHOLE_ADDRESS = 128


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


@dataclass(frozen=True, slots=True)
class Located:
    """Places by row: `places.take(rows)`, where -1 means that nothing was looked up."""

    places: pa.Table
    rows: NDArray[np.int64]

    def column(self, name: str) -> pa.Array:
        """One column of the places, a value or null a row."""
        taken = self.places.column(name).combine_chunks()
        return taken.take(pa.array(self.rows, mask=self.rows < 0))


def locate(hosts: Distinct[Network], atlas_numbers: NDArray[np.int64], atlases: Atlases) -> Located:
    """Look a column of hosts up, each row in the atlas of its time."""
    rows = np.full(len(hosts.codes), -1, dtype=np.int64)
    parts: list[pa.Table] = []
    offset = 0
    for number in np.unique(atlas_numbers).tolist():
        here = (atlas_numbers == number) & hosts.present
        if number < 0 or not here.any():
            continue
        codes, inverse = np.unique(hosts.codes[here], return_inverse=True)
        part = _places([hosts.values[code] for code in codes.tolist()], atlases.atlas(number))
        rows[here] = inverse + offset
        offset += part.num_rows
        parts.append(part)
    places = pa.concat_tables(parts) if parts else PLACES.empty_table()
    return Located(places, rows)


def _places(networks: Sequence[Network], atlas: Atlas) -> pa.Table:
    """One row of places for each network: a look-up for addresses, a union for prefixes."""
    table = _address_places(networks, atlas)
    wide = [row for row, network in enumerate(networks) if network.length < _WHOLE_ADDRESS]
    if not wide:
        return table
    covers = pa.Table.from_pylist([_cover(networks[row], atlas) for row in wide], schema=PLACES)
    order = np.arange(len(networks))
    order[wide] = len(networks) + np.arange(len(wide))
    return pa.concat_tables([table, covers]).take(pa.array(order)).combine_chunks()


def _address_places(networks: Sequence[Network], atlas: Atlas) -> pa.Table:
    found = atlas.locate(Addresses.from_ints(network.first for network in networks))
    geo = _array(found.country)
    # One country an address: the list column shares the values, and is null where it is null.
    known = np.asarray(geo.is_valid())
    offsets = np.concatenate([[0], np.cumsum(known)]).astype(np.int32)
    countries = pa.ListArray.from_arrays(
        pa.array(offsets, mask=np.append(~known, False)),
        geo.drop_null(),
    )
    columns = [
        _array(found.asn),
        _array(found.origins),
        geo,
        countries,
        _array(found.region),
        _array(found.city),
        _array(found.naics),
        _array(found.sector),
    ]
    return pa.table(
        [column.cast(field.type) for column, field in zip(columns, PLACES, strict=True)],
        schema=PLACES,
    )


def _array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _cover(network: Network, atlas: Atlas) -> dict[str, object]:
    """What a prefix covers: all origins and countries; a single one also stands in its cell."""
    cover = atlas.cover(network)
    return {
        "asn": cover.origins[0] if len(cover.origins) == 1 else None,
        "origins": list(cover.origins) or None,
        "geo": cover.countries[0] if len(cover.countries) == 1 else None,
        "countries": list(cover.countries) or None,
    }
