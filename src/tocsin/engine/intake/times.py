"""Reading times as sources write them."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.engine.lake.schema import MOMENT

_EPOCH = re.compile(r"\d{9,10}(\.\d{1,6})?")
_SHAPE = re.compile(
    r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?)?\s?(Z|[+-]\d\d:?\d\d|UTC)?"
)

_CERTIFICATE = re.compile(r"([A-Z][a-z]{2}) {1,2}(\d{1,2} \d\d:\d\d:\d\d \d{4}) GMT", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_PLAIN = {19: "", 20: "Z"}
"""Length of a plain time -> what follows the seconds."""

_YEAR_ONE = -62_135_596_800_000_000


def parse_time(text: str, zone: ZoneInfo) -> dt.datetime:
    """A moment in UTC; ValueError if the text is none.

    Taken: ISO 8601 with blank or `T`, with or without fractions and zone, a bare date (its
    midnight), seconds since 1970, and the form in which OpenSSL prints the dates of certificates
    (`Nov 22 07:00:19 2026 GMT`). A time without a zone is one of `zone`; where clocks were
    set back it is the earlier of the two.
    """
    trimmed = text.strip()
    if _EPOCH.fullmatch(trimmed):
        return dt.datetime.fromtimestamp(float(trimmed), dt.UTC)
    printed = _CERTIFICATE.fullmatch(trimmed)
    if printed is not None:
        # Names of months as strptime knows them are those of the machine's language.
        month = _MONTHS.index(printed[1]) + 1
        return dt.datetime.strptime(f"{month} {printed[2]} +0000", "%m %d %H:%M:%S %Y %z")
    if not _SHAPE.fullmatch(trimmed):
        raise ValueError(f"{text!r} is not a time such as 2026-11-22 07:00:19")
    bare = trimmed.removesuffix("UTC").rstrip()
    moment = dt.datetime.fromisoformat(bare + ("Z" if bare != trimmed else ""))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(dt.UTC)


def plain_times(texts: pa.Array, zone: ZoneInfo) -> pa.Array | None:
    """A whole column of times such as `2026-11-22T07:00:19Z`, or None if one is not so plain.

    Taken are times to the second, all with `Z` or, where `zone` is UTC, all without.
    """
    if texts.null_count == len(texts):
        return texts.cast(MOMENT)
    bounds = pc.min_max(pc.binary_length(texts)).as_py()
    ending = _PLAIN.get(bounds["min"]) if bounds["min"] == bounds["max"] else None
    if ending is None or (not ending and zone.key != "UTC"):
        return None
    try:
        if not ending:
            times = texts.cast(pa.timestamp("us")).cast(MOMENT)
        elif pc.all(pc.ends_with(texts, ending)).as_py():
            times = texts.cast(MOMENT)
        else:
            return None
    except pa.ArrowInvalid:
        return None
    # Arrow knows a year 0.
    return times if pc.min(times).cast(pa.int64()).as_py() >= _YEAR_ONE else None
