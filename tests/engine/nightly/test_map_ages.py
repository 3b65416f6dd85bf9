"""Maps that were old on the day of a run."""

from __future__ import annotations

import datetime as dt

from tocsin.engine.atlas.info import AtlasInfo, AtlasInput
from tocsin.engine.nightly.map_ages import MOST_DAYS, old_maps

DAY = dt.date(2026, 11, 22)


def _atlas(day: dt.date, *inputs: AtlasInput) -> AtlasInfo:
    at = dt.datetime.combine(day, dt.time(6), dt.UTC)
    return AtlasInfo(f"{day}", at, 1, 1, 1, inputs)


def _ago(days: int) -> dt.date:
    return DAY - dt.timedelta(days=days)


def test_an_atlas_is_fresh_for_a_week() -> None:
    fresh, old = _atlas(_ago(MOST_DAYS)), _atlas(_ago(MOST_DAYS + 1))
    assert old_maps([fresh], [fresh.name], DAY) == ()
    assert old_maps([old], [old.name], DAY) == (
        "the atlas 2026-11-14 was 8 days old on 2026-11-22",
    )


def test_a_new_atlas_of_an_old_map_is_told_with_the_map() -> None:
    atlas = _atlas(
        DAY,
        AtlasInput("new.gz", "", _ago(1).isoformat()),
        AtlasInput("old.gz", "", _ago(30).isoformat()),
        AtlasInput("own.csv", ""),
    )
    assert old_maps([atlas], [atlas.name], DAY) == (
        "old.gz, a map in the atlas 2026-11-22, was 30 days old on 2026-11-22",
    )


def test_the_atlas_of_the_day_counts_and_not_later_or_others() -> None:
    old, fresh = _atlas(_ago(20)), _atlas(_ago(1))
    later = _atlas(DAY + dt.timedelta(days=1))
    everything = [old, fresh, later]
    assert old_maps(everything, [each.name for each in everything], DAY) == ()
    assert len(old_maps(everything, [old.name, later.name], DAY)) == 1
    assert old_maps(everything, [later.name], DAY) == ()
    assert old_maps([], ["gone"], DAY) == ()


def test_every_atlas_that_counts_at_some_moment_of_the_day_is_judged() -> None:
    gone, old = _atlas(_ago(40)), _atlas(_ago(20))
    fresh = _atlas(DAY, AtlasInput("old.gz", "", _ago(9).isoformat()))
    everything = [fresh, old, gone]
    assert old_maps(everything, [each.name for each in everything], DAY) == (
        "the atlas 2026-11-02 was 20 days old on 2026-11-22",
        "old.gz, a map in the atlas 2026-11-22, was 9 days old on 2026-11-22",
    )
    midnight = dt.datetime.combine(DAY, dt.time(), dt.UTC)
    whole = AtlasInfo("whole", midnight, 1, 1, 1, ())
    assert old_maps([old, whole], [old.name, "whole"], DAY) == ()
