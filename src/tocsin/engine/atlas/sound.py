"""Whether a file that was fetched is a map, before it takes the place of the last good one.

It is read whole, by the reader that will build an atlas of it: what is cut, a page for people, or
an error in words would otherwise be found only when the good copy is gone.
"""

from __future__ import annotations

from pathlib import Path

from tocsin.engine.atlas.geography import read_geography
from tocsin.engine.atlas.maps import Use
from tocsin.engine.atlas.names import read_names
from tocsin.engine.atlas.routes import read_routes
from tocsin.engine.atlas.tables import Complaints
from tocsin.model.errors import AtlasError

LEAST_NAMES = 1000
"""Fewer names are no map of names: `429 Too Many Requests` has the form of one."""


def refuse_unsound(use: Use, path: Path, before: Path | None, *, least_names: int) -> None:
    """AtlasError if a file is broken, cut, has rows that cannot be used, or is of no such use.

    A map of names needs `least_names` of them, and half as many as the copy `before` it, since
    nothing else tells that lines are missing.
    """
    complaints = Complaints()
    if use is Use.ROUTES:
        read_routes([path], complaints)
    elif use is Use.GEO:
        read_geography([path], complaints)
    else:
        _refuse_few(_names(path, complaints), before, least_names)
    complaints.raise_any()


def _refuse_few(found: int, before: Path | None, least: int) -> None:
    if found < least:
        raise AtlasError(f"has {found} names of ASes; maps.least_names asks for {least}")
    if before is not None:
        kept = _names(before, Complaints())
        if found * 2 < kept:
            raise AtlasError(f"has {found} names of ASes, fewer than half of the {kept} before")


def _names(path: Path, complaints: Complaints) -> int:
    return len(read_names([path], complaints).by_asn)
