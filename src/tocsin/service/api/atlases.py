"""The maps of the address space that answers look into: the newest, and those of past days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tocsin.engine.atlas import atlas_for, list_atlases, load_atlas
from tocsin.engine.atlas.lookup import Atlas, Cover
from tocsin.model.address import Network
from tocsin.service import installation

MOST = 8
"""So many are looked into for a question at most."""

_NOT_TOLD = Cover((), ())


def newest_atlas(now: dt.datetime) -> Atlas | None:
    """The newest one; None if there is none yet."""
    folder = installation.home().atlases
    info = atlas_for(list_atlases(folder), now)
    return _loaded(folder, info.name) if info is not None else None


def covers(network: Network, first: dt.date, last: dt.date, now: dt.datetime) -> Iterator[Cover]:
    """What the newest map, and those that counted in these days, tell of a network.

    Where there are too many to look into, one that tells nothing is among them.
    """
    folder = installation.home().atlases
    infos = list_atlases(folder)
    begin = dt.datetime.combine(first, dt.time(), dt.UTC)
    end = begin + (last - first + dt.timedelta(days=1))
    told = [atlas_for(infos, now), atlas_for(infos, begin)]
    told += [each for each in infos if begin < each.at < end]
    names = list(dict.fromkeys(each.name for each in told if each is not None))
    for name in names[:MOST]:
        yield _loaded(folder, name).cover(network)
    if len(names) > MOST:
        yield _NOT_TOLD


@lru_cache(maxsize=MOST)
def _loaded(folder: Path, name: str) -> Atlas:
    """An atlas never changes; its arrays are mapped, not read."""
    return load_atlas(folder, name)
