"""What a report file's name tells: the day and the report type."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

_NAME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})-(?P<type>[a-z][a-z0-9_]{0,63})"
    r"(?:-(?P<rest>.*))?\.(?:csv|log)",
    re.IGNORECASE | re.DOTALL,
)
_DELAYED = "-delayed"
_DAY = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")


@dataclass(frozen=True, slots=True)
class ReportFileName:
    """A name taken apart. `rest` is what follows the type: list, filter, and whatever else."""

    day: dt.date
    report_type: str
    rest: str
    delayed: bool


def read_file_name(name: str) -> ReportFileName | None:
    """Read `YYYY-MM-DD-<type>[-<anything>][-delayed].csv`; None for any other name.

    Report types have no hyphen in them, so the first one ends the type; list names do, so what
    follows is not taken apart (some givers put a number before the list's name).
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        day = dt.date.fromisoformat(found["day"])
    except ValueError:
        return None
    rest = found["rest"] or ""
    delayed = f"-{rest}".endswith(_DELAYED)
    return ReportFileName(day, found["type"].lower(), rest, delayed)


def file_day(name: str, received: dt.datetime) -> str:
    """The day of which a list tells that names none: the first in its name, else that it came on.

    As `2026-11-22`, UTC.
    """
    for found in _DAY.findall(name):
        try:
            return dt.date.fromisoformat(found).isoformat()
        except ValueError:
            continue
    return received.astimezone(dt.UTC).date().isoformat()
