"""Industries of ASes laid over the map: what an AS's holder does holds for its addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.atlas.intervals import Painted
from tocsin.engine.atlas.layout import PLACES, Int32s
from tocsin.engine.atlas.rows import Industry, Where
from tocsin.model.address import Flags


def with_industries(
    routed: Painted,
    placed: Painted,
    origin_sets: pa.Table,
    places: pa.Table,
    industries: Mapping[int, Industry],
) -> tuple[Painted, pa.Table]:
    """The places with the industry of the AS that announces them, and their table anew.

    The AS is the one that reports show. Where the geography itself tells an industry, for the
    prefix, that stays. The lengths stay: they are the geography's, 0 where it says nothing.
    """
    if not industries or not origin_sets.num_rows:
        return placed, places
    asns = sorted(industries)
    industry = _of_intervals(routed.value, origin_sets.column("asn").to_numpy(), np.array(asns))
    filled = (industry >= 0) & ~_told(placed.value, places)
    if not filled.any():
        return placed, places
    pairs, which = np.unique(
        np.stack([placed.value[filled], industry[filled]], axis=1), axis=0, return_inverse=True
    )
    old = [_where(row) for row in places.to_pylist()]
    new = [_filled(old, place, industries[asns[number]]) for place, number in pairs.tolist()]
    rows = sorted({*old, *new})
    at = {where: number for number, where in enumerate(rows)}
    value = _renumbered(placed.value, [at[where] for where in old])
    value[filled] = np.array([at[where] for where in new], np.int32)[which.reshape(-1)]
    return Painted(value, placed.length), _table(rows)


def _of_intervals(origin_set: Int32s, main: NDArray[np.int64], asns: NDArray[np.int64]) -> Int32s:
    """For each interval the position of its AS among `asns`, -1 if it is none of them."""
    found = np.minimum(np.searchsorted(asns, main), len(asns) - 1)
    of_set = np.where(asns[found] == main, found, -1)
    return np.where(origin_set >= 0, of_set[origin_set], -1).astype(np.int32)


def _told(place: Int32s, places: pa.Table) -> Flags:
    """Where the geography tells an industry."""
    has = np.array(
        [row["naics"] is not None or row["sector"] is not None for row in places.to_pylist()]
        + [False],  # the place -1
        dtype=bool,
    )
    told: Flags = has[place]
    return told


def _where(row: Mapping[str, str | int | None]) -> Where:
    return Where(
        country=str(row["country"] or ""),
        region=str(row["region"] or ""),
        city=str(row["city"] or ""),
        naics=int(row["naics"] or 0),
        sector=str(row["sector"] or ""),
    )


def _filled(old: Sequence[Where], place: int, industry: Industry) -> Where:
    where = old[place] if place >= 0 else Where("", "", "", 0, "")
    return where._replace(naics=industry.naics, sector=industry.sector)


def _renumbered(place: Int32s, new: Sequence[int]) -> Int32s:
    renumbered: Int32s = np.array([*new, -1], dtype=np.int32)[place]
    return renumbered


def _table(rows: Sequence[Where]) -> pa.Table:
    said = [{name: value or None for name, value in where._asdict().items()} for where in rows]
    return pa.Table.from_pylist(said, schema=PLACES)
