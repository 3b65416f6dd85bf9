"""Days and times of day as people write them; an order that can be read in two ways is no day."""

from __future__ import annotations

import datetime as dt
import re

from tocsin.service.mailbox.reading.words import words

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_ISO_WHOLE = re.compile(
    r"(\d{4}-\d\d-\d\d)[T_](\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE
)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_CLOCK = re.compile(r"(\d{1,2})[:h](\d\d)(?::(\d\d))?(Z|am|pm|AM|PM|[+-]\d\d:?\d\d|UTC|GMT)?")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d\d)?", re.IGNORECASE)
_HOURS = {
    "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2,
    "eet": 2, "eest": 3, "msk": 3, "jst": 9, "kst": 9,
}  # fmt: skip
"""Names of zones that mean one thing only; EST, CST and IST do not."""

NOT_A_DAY = dt.date.max
"""What looks like a day and can be two, or none."""


def day_of(text: str) -> dt.date | None:
    """The day that a word says; NOT_A_DAY if it can be read in two ways; None for other words."""
    if found := _ISO.fullmatch(text):
        return _day(found[1], found[2], found[3])
    if found := _DOTTED.fullmatch(text):
        return _day(found[3], found[2], found[1])
    if found := _SLASHED.fullmatch(text):
        one, other = int(found[1]), int(found[2])
        if one == other or one > 12 >= other:
            return _day(found[3], found[2], found[1])
        return _day(found[3], found[1], found[2]) if other > 12 >= one else NOT_A_DAY
    return None


def moment_of(text: str) -> tuple[dt.date, dt.time] | None:
    """Day and time of 2026-11-22T09:30:00Z; the time without a zone if none is said."""
    found = _ISO_WHOLE.fullmatch(text)
    if not found:
        return None
    try:
        day = dt.date.fromisoformat(found[1])
        clock = dt.time.fromisoformat(found[2])
    except ValueError:
        return None
    return day, clock.replace(tzinfo=zone_of(found[3]) if found[3] else None)


def clock_of(text: str) -> dt.time | None:
    """The time of day that a word says, with its zone if that stands within."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hour = int(found[1])
    mark = (found[4] or "").lower()
    if mark in ("am", "pm"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if mark == "pm" else 0)
        mark = ""
    try:
        return dt.time(hour, int(found[2]), int(found[3] or 0), tzinfo=zone_of(mark))
    except ValueError:
        return None


def zone_of(text: str) -> dt.tzinfo | None:
    """The zone that a word names: UTC, CET, +01:00, UTC+1; None if it names none, or several."""
    name = text.lower()
    if name in _HOURS:
        return dt.timezone(dt.timedelta(hours=_HOURS[name])) if _HOURS[name] else dt.UTC
    found = _OFFSET.fullmatch(text)
    if not found or int(found[2]) > 14 or int(found[3] or 0) > 59:
        return None
    offset = dt.timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return dt.timezone(-offset if found[1] == "-" else offset) if offset else dt.UTC


def month_of(word: str) -> int:
    """The month that a word names, 1 to 12; 0 if it names none."""
    said = word.lower().rstrip(".")
    names = words("months")
    return next((int(number) for number, each in names.items() if said in each), 0)


def day_in_words(day: str, month: int, year: str) -> dt.date | None:
    """22 November 2026; None if there is no such day."""
    digits = re.sub(r"(?:st|nd|rd|th|er|º|\.)$", "", day.lower())
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 2 and month):
        return None
    if not (year.isascii() and year.isdecimal() and len(year) == 4):
        return None
    found = _day(year, str(month), digits)
    return None if found == NOT_A_DAY else found


def _day(year: str, month: str, day: str) -> dt.date:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return NOT_A_DAY
