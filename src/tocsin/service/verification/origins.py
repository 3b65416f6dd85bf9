"""What the newest atlas of the home, if it has one, says of who announces what."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tocsin.engine.atlas.announced import announced_by
from tocsin.engine.atlas.lookup import Atlas
from tocsin.engine.atlas.store import list_atlases, load_atlas
from tocsin.engine.home import Home
from tocsin.model.errors import AtlasError
from tocsin.service.subscribers.values import NetworkKind, NetworkValue


def origins_of(network: NetworkValue, home: Home) -> tuple[int, ...] | None:
    """All origins found within a prefix, ascending; None if there is no atlas that could tell, or
    the network is no prefix."""
    if network.kind is not NetworkKind.CIDR:
        return None
    atlas = _newest(home.atlases)
    return atlas.cover(network.prefix).origins if atlas else None


def announced_of(network: NetworkValue, home: Home) -> int | None:
    """How many addresses an AS number announces, a /48 of IPv6 counting as one; None if there is no
    atlas that could tell, or the network is no AS number."""
    if network.kind is not NetworkKind.ASN:
        return None
    atlas = _newest(home.atlases)
    if atlas is None:
        return None
    found = announced_by(atlas, int(network.value))
    return found.v4 + found.v6_sites


def _newest(directory: Path) -> Atlas | None:
    """A damaged atlas is none here: it hinders the night, and nobody's request."""
    try:
        known = list_atlases(directory)
        return _loaded(directory, known[-1].name) if known else None
    except AtlasError:
        return None


@lru_cache(maxsize=2)
def _loaded(directory: Path, name: str) -> Atlas:
    return load_atlas(directory, name)
