"""The world's clock: one day, and when its logs come in. No real clock is ever read."""

from __future__ import annotations

import datetime as dt
from typing import Final

from tocsin.cli.demo_world.dice import Dice

DAY: Final = dt.date(2026, 11, 22)
"""The day that the night reports. It is a Sunday, on which delta lists get everything."""

MIDNIGHT: Final = dt.datetime.combine(DAY, dt.time(), dt.UTC)
ATLAS_FROM: Final = MIDNIGHT - dt.timedelta(days=7)
RECEIVED: Final = MIDNIGHT + dt.timedelta(days=1, minutes=20)
NIGHT: Final = MIDNIGHT + dt.timedelta(days=1, minutes=30)

_EVENING_PEOPLE: Final = (3, 2, 2, 1, 1, 2, 3, 4, 5, 5, 6, 6, 6, 6, 6, 6, 7, 8, 9, 10, 10, 9, 7, 5)
_MACHINES: Final = (6, 6, 6, 7, 6, 6, 6, 5, 6, 6, 6, 6, 6, 7, 6, 6, 6, 6, 5, 6, 6, 6, 6, 6)


def waking_moment(dice: Dice) -> dt.datetime:
    """A moment of the day when people's machines are on."""
    return _moment(dice, _EVENING_PEOPLE)


def any_moment(dice: Dice) -> dt.datetime:
    """A moment of the day; servers and worms do not sleep."""
    return _moment(dice, _MACHINES)


def _moment(dice: Dice, by_hour: tuple[int, ...]) -> dt.datetime:
    seconds = 3600 * dice.weighted(by_hour) + dice.below(3600)
    return MIDNIGHT + dt.timedelta(seconds=seconds, milliseconds=dice.below(1000))
