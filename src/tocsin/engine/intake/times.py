"""Reading times as sources write them."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

_EPOCH = re.compile(r"\d{9,10}(\.\d{1,6})?")
_SHAPE = re.compile(
    r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?)?\s?(Z|[+-]\d\d:?\d\d|UTC)?"
)


def parse_time(text: str, zone: ZoneInfo) -> dt.datetime:
    """A moment in UTC; ValueError if the text is none.

    Taken: ISO 8601 with blank or `T`, with or without fractions and zone, a bare date (its
    midnight), and seconds since 1970. A time without a zone is one of `zone`; where clocks were
    set back it is the earlier of the two.
    """
    trimmed = text.strip()
    if _EPOCH.fullmatch(trimmed):
        return dt.datetime.fromtimestamp(float(trimmed), dt.UTC)
    if not _SHAPE.fullmatch(trimmed):
        raise ValueError(f"{text!r} is not a time such as 2026-11-22 07:00:19")
    bare = trimmed.removesuffix("UTC").rstrip()
    moment = dt.datetime.fromisoformat(bare + ("Z" if bare != trimmed else ""))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(dt.UTC)
