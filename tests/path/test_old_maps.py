"""A night with old maps: it is made, and its manifest says how old they were."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import cast

from tests.fakes.small_home import DAY, EVENING, NIGHT, SmallHome, event

_ATLAS = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


def _warnings(small: SmallHome, *, now: dt.datetime = NIGHT) -> list[str]:
    return cast("list[str]", small.night(now=now).manifest["warnings"])


def test_a_night_with_an_old_atlas_says_so_whenever_it_is_made(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    small.collect_events([event(1)])
    late = NIGHT + dt.timedelta(days=40)
    (warning,) = _warnings(small, now=late)
    assert warning.startswith("the atlas 2026-11-01T000000Z-")
    assert warning.endswith("was 21 days old on 2026-11-22")
    assert small.replay(DAY).manifest["warnings"] == [warning]


def test_a_night_with_a_fresh_atlas_has_nothing_to_say(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    small.build_atlas(_ATLAS)
    small.collect_events([event(1)])
    assert _warnings(small) == []


def test_an_atlas_that_was_damaged_meanwhile_does_not_stop_the_night(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    small.collect_events([event(1)], now=EVENING)
    (label,) = small.home.atlases.glob("*/atlas.json")
    label.write_text("{}")
    (warning,) = _warnings(small)
    assert warning.startswith("how old the atlas is cannot be told")
