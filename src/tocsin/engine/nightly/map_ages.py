"""Maps that were old on the day that a run is about. The day counts, not the clock.

Pure, but for `map_warnings`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from tocsin.engine.atlas.info import AtlasInfo, atlas_for
from tocsin.engine.atlas.store import list_atlases
from tocsin.engine.nightly.expected import day_end
from tocsin.model.errors import AtlasError

MOST_DAYS = 7
"""Up to this age maps are good enough: few prefixes change hands in a week."""


def old_maps(infos: Sequence[AtlasInfo], names: Collection[str], day: dt.date) -> tuple[str, ...]:
    """Sentences about the atlases that the day's rows were located with; none if all were fresh.

    `names`: the atlases that were at hand when the rows were taken in. Every one of them counts
    that is the newest at some moment of the day; it is as old as its own moment says, and as each
    of its files that has a date says.
    """
    known = [info for info in infos if info.name in names]
    end = day_end(day)
    begin = end - dt.timedelta(days=1)
    first = atlas_for(known, begin)
    later = sorted((info for info in known if begin < info.at < end), key=lambda info: info.at)
    used = [*([first] if first else []), *later]
    return tuple(sentence for atlas in used for sentence in _sentences(atlas, day))


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


def map_warnings(folder: Path, named: Sequence[str], day: dt.date) -> tuple[str, ...]:
    """`old_maps` of the atlases in a folder; that one is damaged is no reason to do without a
    night, and is told instead."""
    try:
        return old_maps(list_atlases(folder), named, day)
    except AtlasError as error:
        return (f"how old the atlas is cannot be told: {error.what}",)
