"""Maps that were old on the day that a run is about. Pure: the day counts, not the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

from tocsin.engine.atlas.info import AtlasInfo, atlas_for
from tocsin.engine.nightly.expected import day_end

MOST_DAYS = 7
"""Up to this age maps are good enough: few prefixes change hands in a week."""


def old_maps(infos: Sequence[AtlasInfo], names: Collection[str], day: dt.date) -> tuple[str, ...]:
    """Sentences about the atlas that the day's rows were located with; none if it was fresh.

    `names`: the atlases that were at hand when the rows were taken in. The atlas is the newest of
    them that counts on that day; it is as old as its own moment says, and as each of its files
    that has a date says.
    """
    known = [info for info in infos if info.name in names]
    used = atlas_for(known, day_end(day) - dt.timedelta(seconds=1))
    return () if used is None else tuple(_sentences(used, day))


def _sentences(atlas: AtlasInfo, day: dt.date) -> Iterator[str]:
    since = atlas.at.date()
    if (day - since).days > MOST_DAYS:
        yield f"the atlas {atlas.name} was {_days(since, day)} old on {day}"
    for each in atlas.inputs:
        if each.made and (day - dt.date.fromisoformat(each.made)).days > MOST_DAYS:
            age = _days(dt.date.fromisoformat(each.made), day)
            yield f"{each.file}, a map in the atlas {atlas.name}, was {age} old on {day}"


def _days(since: dt.date, day: dt.date) -> str:
    return f"{(day - since).days} days"
