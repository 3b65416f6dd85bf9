"""The matcher, whole, from a snapshot with 100,000 networks."""

from __future__ import annotations

import json
from pathlib import Path

from bench.measure import Clock, Value
from bench.world.make import World
from bench.world.organisations import write_lists
from bench.world.routes import read_routes
from tocsin.engine.home_catalogue import cached_catalogue
from tocsin.engine.nightly.match import Matcher
from tocsin.engine.nightly.snapshot import read_snapshot

NETWORKS = 100_000


def ours(world: str, place: str) -> Value:
    """Read the file, check it, build what a night matches with."""
    made = World(Path(world))
    path = Path(place).with_suffix(".json")
    write_lists(read_routes(made.routes), path, least_networks=NETWORKS)
    networks = sum(len(each["networks"]) for each in json.loads(path.read_bytes())["organisations"])
    catalogue = cached_catalogue(made.home / "catalogue")
    clock = Clock()
    snapshot = read_snapshot(path, catalogue)
    read = clock.seconds
    Matcher(snapshot)
    seconds = clock.seconds
    path.unlink()
    return {"seconds": seconds, "read": read, "networks": networks, "lists": len(snapshot.lists)}
