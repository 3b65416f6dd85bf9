"""The grammar of dates: `2026-11-22`, `now`, `-3`, and ranges of these, such as `-3:now`."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_OFFSET = re.compile(r"[+-]?\d{1,5}", re.ASCII)

FORMS = "a day (2026-11-22), now, days from today (-3), or a range of these (-3:now)"


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both included (UTC)."""

    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


def read_span(text: str, today: dt.date) -> Span:
    """What a text means on that day; ValueError if it means nothing, or ends before it begins."""
    first, colon, last = text.partition(":")
    begins = _day(first, today)
    ends = _day(last, today) if colon else begins
    if ends < begins:
        raise ValueError(f"ends before it begins: {begins} to {ends}")
    return Span(begins, ends)


def _day(text: str, today: dt.date) -> dt.date:
    said = text.strip()
    if said == "now":
        return today
    try:
        if _DAY.fullmatch(said):
            return dt.date.fromisoformat(said)
        if _OFFSET.fullmatch(said):
            return today + dt.timedelta(days=int(said))
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"{said[:40]!r} is not {FORMS}")
