"""Who announces what: rows of (prefix, origin AS, peers that see it)."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin.engine.atlas.intervals import Layer
from tocsin.engine.atlas.layout import ORIGIN_SETS
from tocsin.engine.atlas.tables import (
    Complaints,
    Table,
    input_name,
    is_everything,
    open_table,
    read_asn,
    read_number,
    read_prefix,
    tidy,
)
from tocsin.model.address import MASK_64, Addresses
from tocsin.model.errors import AtlasError

_MOST_PEERS = 1_000_000
_OURS = frozenset({"prefix", "asn", "peers", "as_name"})


@dataclass
class Routes:
    """Rows as read, columns side by side; prefixes may repeat."""

    hi: array[int] = field(default_factory=lambda: array("Q"))
    lo: array[int] = field(default_factory=lambda: array("Q"))
    length: array[int] = field(default_factory=lambda: array("B"))
    asn: array[int] = field(default_factory=lambda: array("I"))
    peers: array[int] = field(default_factory=lambda: array("I"))
    names: dict[int, str] = field(default_factory=dict)
    inputs: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.hi)


def read_routes(paths: Sequence[Path], complaints: Complaints) -> Routes:
    """Read tables of routes; lines that cannot be used go to `complaints`.

    A text table has prefix and asn; CSV may add peers (how many see the route, else 1) and
    as_name. Raises AtlasError for a file that cannot be read as either.
    """
    routes = Routes()
    for path in paths:
        table = open_table(path, complaints)
        if "asn" not in table.columns:
            raise AtlasError(
                f"has no column asn, only {', '.join(table.columns)}",
                where=str(path),
                todo="name the column, or give the file as geography",
            )
        _read(table, routes, complaints)
        routes.inputs.append((input_name(path), table.sha256))
    return routes


def _read(table: Table, routes: Routes, complaints: Complaints) -> None:
    columns = table.columns
    prefix_at, asn_at = columns.index("prefix"), columns.index("asn")
    peers_at = columns.index("peers") if "peers" in columns else None
    name_at = columns.index("as_name") if "as_name" in columns else None
    before, everything = len(routes) + complaints.count, 0
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
        if is_everything(network):
            everything += 1
            continue
        routes.hi.append(network.first >> 64)
        routes.lo.append(network.first & MASK_64)
        routes.length.append(network.length)
        routes.asn.append(asn)
        routes.peers.append(peers)
    _note(table, routes, everything)
    if len(routes) + complaints.count == before:
        complaints.add(table.path, 0, "has no routes")


def _peers(text: str) -> int:
    bare = text.strip()
    return read_number(bare, "count of peers", 1, _MOST_PEERS) if bare else 1


def _note(table: Table, routes: Routes, everything: int) -> None:
    name = table.path.name
    if everything:
        routes.notes.append(f"{name}: {everything} default routes (/0) left out")
    unknown = [column for column in table.columns if column not in _OURS]
    if unknown:
        routes.notes.append(f"{name}: not used as routes: {', '.join(unknown)}")


def route_layer(routes: Routes) -> tuple[Layer, pa.Table]:
    """Distinct prefixes, each with its row in the table of distinct origin sets.

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
    return Layer(Addresses(hi[prefixes], lo[prefixes]), length[prefixes], value), table


def _origin_sets(
    pairs: np.ndarray[tuple[int, ...], np.dtype[np.uint32]],
    bounds: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int32]], pa.Table]:
    """Number the distinct runs of (AS, peers) pairs, in the order they first come."""
    data, ends = pairs.tobytes(), (bounds * 8).tolist()
    known: dict[bytes, int] = {}
    value = np.fromiter(
        (known.setdefault(data[begin:end], len(known)) for begin, end in pairwise(ends)),
        np.int32,
        len(ends) - 1,
    )
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
