"""Making the world, once: every piece is finished or not there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

from bench.world.events import events_of
from bench.world.ndjson import write_ndjson
from bench.world.organisations import write_lists
from bench.world.places import write_places
from bench.world.records import write_records
from bench.world.routes import Routes, read_routes, write_routes
from bench.world.rules import write_rules
from bench.world.scale import ATLAS_AT, VERSION, Scale
from bench.world.types import write_catalogue
from tocsin.engine.atlas import build_atlas, load_atlas, save_atlas
from tocsin.engine.atlas.store import list_atlases
from tocsin.engine.home import Home

_WORKERS = 2


@dataclass(frozen=True, slots=True)
class World:
    """Where the pieces are. `home`: atlas, catalogue and lists; no events."""

    folder: Path

    @property
    def routes(self) -> Path:
        return self.folder / "routes.dat"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def day(self, scale: Scale) -> Path:
        """The files and the lake of a day: `ndjson/` and `home/`."""
        return self.folder / f"day-{scale.events}"


Say = Callable[[str], None]


def make_world(folder: Path, shared: Path | None, scales: list[Scale], say: Say) -> World:
    """Make what is not there yet."""
    kind = "real" if shared is not None else "made-up"
    world = World(folder / f"world-{VERSION}-{kind}")
    _once(world.folder, "the world", lambda place: _furnish(World(place), shared), say)
    for scale in scales:
        title = f"a day of {scale.events:,} events"
        _once(world.day(scale), title, partial(_make_day, world, scale), say)
    return world


def _once(place: Path, title: str, make: Callable[[Path], None], say: Say) -> None:
    """Make a folder under another name, and give it its own when it is whole."""
    if place.exists():
        return
    say(f"making {title}")
    draft = place.with_name(f"{place.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    make(draft)
    os.sync()
    draft.rename(place)


def _furnish(world: World, shared: Path | None) -> None:
    write_routes(shared, world.routes)
    routes = read_routes(world.routes)
    places = world.folder / "places.csv"
    ranges = write_places(routes, places)
    home = Home.open(world.home, create=True)
    built = build_atlas([world.routes], [places], at=ATLAS_AT)
    save_atlas(built, home.atlases, force=False)
    places.unlink()
    write_catalogue(home.catalogue)
    write_rules(home.catalogue / "rules")
    write_lists(routes, home.lists)
    facts = {"routes": len(routes.v4) + len(routes.v6), "ranges": ranges}
    (world.folder / "facts.json").write_text(json.dumps(facts), encoding="ascii")


def _make_day(world: World, scale: Scale, place: Path) -> None:
    home = Home.open(place / "home", create=True)
    shutil.copytree(world.home / "catalogue", home.catalogue, dirs_exist_ok=True)
    shutil.copyfile(world.home / "lists.json", home.lists)
    (place / "ndjson").mkdir()
    tasks = [(str(world.folder), str(place), scale, part) for part in range(scale.parts)]
    with ProcessPoolExecutor(_WORKERS, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(_make_part, tasks):
            pass


def _make_part(task: tuple[str, str, Scale, int]) -> None:
    folder, place, scale, part = task
    world = World(Path(folder))
    events = events_of(scale, part, _routes(world))
    write_ndjson(events, Path(place) / "ndjson" / f"bench-{part:03}.ndjson.gz")
    atlases = world.home / "atlas"
    atlas = load_atlas(atlases, list_atlases(atlases)[0].name)
    write_records(Home.open(Path(place) / "home", create=False), events, part, atlas)


@cache
def _routes(world: World) -> Routes:
    return read_routes(world.routes)
