"""The small picture of a trend: a bar for each day, the last one filled darker."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw

from tocsin.service.delivery.compose.trend import Trend

WIDTH, HEIGHT = 960, 144
"""Pixels; it is shown half as large, and so is sharp on small screens as well."""

_TODAY, _BAR, _LINE, _UNKNOWN = 1, 2, 3, 4
_COLOURS = (0, 0, 0, 201, 92, 33, 58, 135, 184, 138, 149, 163, 138, 149, 163)
"""Seen on white and on black alike; the first is the ground, which is not drawn."""


@lru_cache(maxsize=256)
def picture_of(trend: Trend) -> bytes:
    """A PNG, the same for the same counts. All recipients of a list get the same one."""
    image = Image.new("P", (WIDTH, HEIGHT), 0)
    image.putpalette(_COLOURS)
    draw = ImageDraw.Draw(image)
    ground = HEIGHT - 5
    step = WIDTH / len(trend.counts)
    for number, count in enumerate(trend.counts):
        left, right = round(number * step) + 4, round((number + 1) * step) - 5
        if count is None:
            middle = (left + right) // 2
            draw.rectangle((middle - 2, ground - 6, middle + 2, ground - 2), _UNKNOWN)
        elif count:
            height = max(4, round((ground - 8) * count / trend.most))
            last = number == len(trend.counts) - 1
            draw.rectangle((left, ground - height, right, ground), _TODAY if last else _BAR)
    draw.rectangle((0, ground, WIDTH, ground + 2), _LINE)
    held = io.BytesIO()
    image.save(held, "PNG", bits=4, transparency=0)
    return held.getvalue()
