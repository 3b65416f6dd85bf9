"""Who announces what: routes of every form that is read, and distinct prefixes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.atlas.forms import Form, Given, open_given, other_form
from tocsin.engine.atlas.intervals import Layer
from tocsin.engine.atlas.iptoasn import read_range_routes
from tocsin.engine.atlas.layout import ORIGIN_SETS, Int32s
from tocsin.engine.atlas.neighbours import Neighbours, neighbours_of
from tocsin.engine.atlas.rows import Routes
from tocsin.engine.atlas.runs import number_runs
from tocsin.engine.atlas.tables import (
    Complaints,
    open_table,
    read_asn,
    read_number,
    read_prefix,
    tidy,
)
from tocsin.model.address import Addresses, Ints
from tocsin.model.errors import AtlasError

_MOST_PEERS = 1_000_000
_OURS = frozenset({"prefix", "asn", "peers", "as_name"})


def read_routes(
    paths: Sequence[Path], complaints: Complaints, days: Mapping[Path, str] | None = None
) -> Routes:
    """Read routes of any form; rows that cannot be used go to `complaints`.

    `days`: of when a file is, for those whose content does not tell. Raises AtlasError for a file
    that is broken, or that holds no routes.
    """
    routes = Routes()
    for path in paths:
        given = open_given(path)
        before = routes.told + complaints.count
        made = _read(given, routes, complaints) or (days or {}).get(path, "")
        routes.close_file(given, made)
        if routes.told + complaints.count == before:
            complaints.add(path, 0, "has no routes")
    return routes


def _read(given: Given, routes: Routes, complaints: Complaints) -> str:
    """Read one file; the day that its content tells, or nothing."""
    if given.form is Form.MRT:
        from tocsin.engine.atlas.mrt import read_mrt  # noqa: PLC0415 - loaded where there is one

        return read_mrt(given, routes, complaints)
    if given.form is Form.DATABASE:
        from tocsin.engine.atlas.mmdb import read_database_routes  # noqa: PLC0415 - the same

        return read_database_routes(given, routes, complaints)
    if given.form is Form.RANGES:
        read_range_routes(given, routes, complaints)
    elif given.form in (Form.CSV, Form.TEXT_TABLE):
        _read_table(given, routes, complaints)
    else:
        raise other_form(given, "routes")
    return ""


def _read_table(given: Given, routes: Routes, complaints: Complaints) -> None:
    """A text table has prefix and asn; CSV may add peers (how many see the route, else 1) and
    as_name."""
    table = open_table(given, complaints)
    columns = table.columns
    for name in ("prefix", "asn"):
        if name not in columns:
            raise AtlasError(
                f"has no column {name}, only {', '.join(columns)}",
                where=str(given.path),
                todo="name the column, or give the file as geography",
            )
    prefix_at, asn_at = columns.index("prefix"), columns.index("asn")
    peers_at = columns.index("peers") if "peers" in columns else None
    name_at = columns.index("as_name") if "as_name" in columns else None
    width = len(columns)
    for line, cells in table.rows:
        try:
            if len(cells) != width:
                raise ValueError(f"has {len(cells)} words where {width} belong")
            network = read_prefix(cells, prefix_at)
            asn = read_asn(cells[asn_at])
            peers = _peers(cells[peers_at]) if peers_at is not None else 1
            name = tidy(cells[name_at]) if name_at is not None else ""
        except ValueError as error:
            complaints.add(table.path, line, str(error))
            continue
        if name:
            routes.names[asn] = name
        routes.add(network, asn, peers)
    unknown = [column for column in columns if column not in _OURS]
    if unknown:
        routes.notes.append(f"{table.path.name}: not used as routes: {', '.join(unknown)}")


def _peers(text: str) -> int:
    bare = text.strip()
    return read_number(bare, "count of peers", 1, _MOST_PEERS) if bare else 1


@dataclass(frozen=True, slots=True)
class RouteLayer:
    """Distinct prefixes, and what is known of each.

    layer: each with its row in `origin_sets`, the distinct sets of origins. neighbours: of the
    origin that reports show, by prefix; None if no input told paths.
    """

    layer: Layer
    origin_sets: pa.Table
    neighbours: Neighbours | None


def route_layer(routes: Routes) -> RouteLayer:
    """Distinct prefixes of what was read.

    Several rows of one prefix and one AS add their peers up. The order of the rows read does
    not matter.
    """
    hi, lo = np.array(routes.hi, np.uint64), np.array(routes.lo, np.uint64)
    length, asn = np.array(routes.length, np.uint8), np.array(routes.asn, np.uint32)
    peers = np.array(routes.peers, np.uint64)
    order = np.lexsort((asn, length, lo, hi))
    hi, lo, length, asn, peers = hi[order], lo[order], length[order], asn[order], peers[order]
    new_prefix = np.ones(len(hi), dtype=bool)
    new_prefix[1:] = (np.diff(hi) != 0) | (np.diff(lo) != 0) | (length[1:] != length[:-1])
    new_pair = new_prefix.copy()
    new_pair[1:] |= asn[1:] != asn[:-1]
    pairs = np.flatnonzero(new_pair)
    weights = np.add.reduceat(peers, pairs) if len(pairs) else peers
    pair_rows = np.stack([asn[pairs], np.minimum(weights, 0xFFFFFFFF)], axis=1).astype(np.uint32)
    prefixes = np.flatnonzero(new_prefix)
    bounds = np.append(np.searchsorted(pairs, prefixes), len(pairs))
    value, table = _origin_sets(pair_rows, bounds)
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(new_prefix) - 1
    shown = table.column("asn").to_numpy().astype(np.uint32)[value]
    return RouteLayer(
        Layer(Addresses(hi[prefixes], lo[prefixes]), length[prefixes], value),
        table,
        neighbours_of(routes, number, shown),
    )


def _origin_sets(pairs: NDArray[np.uint32], bounds: Ints) -> tuple[Int32s, pa.Table]:
    """Number the distinct runs of (AS, peers) pairs, in the order they first come."""
    value, known = number_runs(pairs, bounds)
    sets = [np.frombuffer(run, np.uint32).reshape(-1, 2) for run in known]
    # argmax takes the first of equals, and the pairs ascend by AS number.
    rows = [
        {
            "asn": int(one[one[:, 1].argmax(), 0]),
            "origins": one[:, 0].tolist(),
            "peers": one[:, 1].tolist(),
        }
        for one in sets
    ]
    return value, pa.Table.from_pylist(rows, schema=ORIGIN_SETS)
