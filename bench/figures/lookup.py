"""From the text of an address to its AS and country, one thread, beside pyasn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyasn

from bench.measure import Clock, Value
from bench.world.events import texts_of
from bench.world.hosts import Hosts
from bench.world.make import World
from bench.world.routes import read_routes
from bench.world.scale import dice
from tocsin.engine.atlas import Atlas, load_atlas
from tocsin.engine.atlas.store import list_atlases
from tocsin.engine.kernels.addresses import read_addresses

ADDRESSES = 2_000_000


def _texts(world: World) -> pa.Array:
    numbers = dice(5).integers(0, 1 << 63, ADDRESSES).astype(np.uint64)
    return texts_of(Hosts.of(read_routes(world.routes)).addresses(numbers))


def ours(world: str) -> Value:
    """The whole column at once."""
    made = World(Path(world))
    texts = _texts(made)
    atlases = made.home / "atlas"
    atlas = load_atlas(atlases, list_atlases(atlases)[0].name)
    _look_up(texts, atlas)  # the first time reads compiled loops and the atlas from disk
    clock = Clock()
    asn, country = _look_up(texts, atlas)
    seconds = clock.seconds
    known = len(country) - country.null_count
    return {"seconds": seconds, "known": known, "asns": asn.slice(0, 10_000).to_pylist()}


def _look_up(texts: pa.Array, atlas: Atlas) -> tuple[pa.Array, pa.Array]:
    addresses, _ = read_addresses(texts)
    found = atlas.find(addresses)
    return found.column("asn"), found.column("country")


def floor(world: str) -> Value:
    """One call an address; only the AS is asked for."""
    made = World(Path(world))
    texts = _texts(made).to_pylist()
    table = pyasn.pyasn(str(made.routes))
    clock = Clock()
    found = [table.lookup(text) for text in texts]
    return {"seconds": clock.seconds, "asns": [asn for asn, _ in found[:10_000]]}
