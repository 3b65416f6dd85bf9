"""Building an atlas: read, cut, paint, number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin.engine.atlas.blocks import make_blocks
from tocsin.engine.atlas.geography import place_layer, read_geography, registry_layer
from tocsin.engine.atlas.industries import with_industries
from tocsin.engine.atlas.info import AtlasInput
from tocsin.engine.atlas.intervals import Layer, Painted, cut
from tocsin.engine.atlas.layout import NAMES, Int32s, Layout
from tocsin.engine.atlas.maps import Use
from tocsin.engine.atlas.names import read_names
from tocsin.engine.atlas.routes import RouteLayer, read_routes, route_layer
from tocsin.engine.atlas.rows import Industry
from tocsin.engine.atlas.tables import Complaints
from tocsin.model.errors import AtlasError

_LONGEST_NAME = 200
"""Characters of a name that are kept; it stands in every report about the AS."""


@dataclass(frozen=True)
class BuiltAtlas:
    """An atlas in memory, not yet named or kept.

    prefixes_v4, prefixes_v6: distinct routed prefixes; places: distinct prefixes of the
    geography. notes: what was left out, in words.
    """

    at: dt.datetime
    layout: Layout
    prefixes_v4: int
    prefixes_v6: int
    places: int
    inputs: tuple[AtlasInput, ...]
    notes: tuple[str, ...]


def build_atlas(
    routes: Sequence[Path],
    geography: Sequence[Path],
    *,
    at: dt.datetime,
    names: Sequence[Path] = (),
    days: Mapping[Path, str] | None = None,
) -> BuiltAtlas:
    """Read the inputs and cut the address space at every boundary of every prefix.

    `at` (with a time zone) says from when on the atlas counts; `days` (ISO 8601) of when a file
    is, where its content does not tell. The order of the rows does not matter, except that the
    last of several places of one prefix counts. Raises AtlasError for an input that is broken or
    empty, with all bad lines at once.
    """
    if not routes and not geography:
        raise AtlasError("an atlas needs routes or geography", todo="name at least one file")
    complaints = Complaints()
    read = read_routes(routes, complaints, days)
    places = read_geography(geography, complaints, days)
    called = read_names(names, complaints, days)
    complaints.raise_any()
    if not len(read) + len(places):
        raise AtlasError("no prefix is left to build an atlas of")
    route = route_layer(read)
    place, place_table, gave_way = place_layer(places)
    notes = [*read.notes, *places.notes]
    if gave_way:
        notes.append(f"{gave_way} places gave way to a later row of the same prefix")
    routed_v4 = int(np.count_nonzero(route.layer.is_v4))
    return BuiltAtlas(
        at=whole_second(at),
        layout=_layout(
            route,
            place,
            place_table,
            registry_layer(places),
            _names({**read.names, **called.by_asn}),
            places.industries,
        ),
        prefixes_v4=routed_v4,
        prefixes_v6=len(route.layer) - routed_v4,
        places=len(place),
        inputs=(
            *_used(Use.ROUTES, read.inputs),
            *_used(Use.GEO, places.inputs),
            *_used(Use.NAMES, called.inputs),
        ),
        notes=tuple(notes),
    )


def _used(use: Use, inputs: Sequence[AtlasInput]) -> list[AtlasInput]:
    return [each._replace(use=use.value) for each in inputs]


def whole_second(at: dt.datetime) -> dt.datetime:
    """The moment in UTC, without its fraction; ValueError if it names no time zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(dt.UTC).replace(microsecond=0)


def _layout(
    route: RouteLayer,
    place: Layer,
    places: pa.Table,
    registry: Layer | None,
    names: pa.Table,
    industries: Mapping[int, Industry],
) -> Layout:
    # Painted with the number of the prefix, since more than one thing is known of each.
    prefixes = replace(route.layer, value=np.arange(len(route.layer), dtype=np.int32))
    layers = [prefixes, place, *([registry] if registry else [])]
    v4_starts, v4 = cut([layer.take(layer.is_v4) for layer in layers], v4=True)
    v6_starts, v6 = cut([layer.take(~layer.is_v4) for layer in layers], v4=False)
    painted, placed, *delegated = (_joined(*each) for each in zip(v4, v6, strict=True))
    routed = Painted(_of_prefix(painted, route.layer.value), painted.length)
    placed, places = with_industries(routed, placed, route.origin_sets, places, industries)
    near = route.neighbours
    starts = v4_starts.astype(np.uint32)
    blocks, overflow = make_blocks(starts) or (None, None)
    return Layout(
        v4_starts=starts,
        v6_starts=v6_starts.astype("S16"),
        origin_set=routed.value,
        route_length=routed.length,
        place=placed.value,
        place_length=placed.length,
        origin_sets=route.origin_sets,
        places=places,
        names=names,
        blocks=blocks,
        overflow=overflow,
        neighbour_set=_of_prefix(painted, near.value) if near else None,
        neighbour_bounds=near.bounds if near else None,
        neighbours=near.numbers if near else None,
        registry=(delegated[0].value + 1).astype(np.uint8) if delegated else None,
    )


def _of_prefix(painted: Painted, value: Int32s) -> Int32s:
    """What is known of the prefix of each interval; -1 where there is none."""
    return np.append(value, np.int32(-1))[painted.value]


def _joined(v4: Painted, v6: Painted) -> Painted:
    return Painted(np.concatenate([v4.value, v6.value]), np.concatenate([v4.length, v6.length]))


def _names(by_asn: Mapping[int, str]) -> pa.Table:
    known = sorted((asn, name[:_LONGEST_NAME].rstrip()) for asn, name in by_asn.items() if name)
    return pa.table([[asn for asn, _ in known], [name for _, name in known]], schema=NAMES)
