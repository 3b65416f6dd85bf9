"""Reading what somebody wants to say of findings, from JSON or CSV; all mistakes at once.

What is not said stays as it is; what is said to be nothing (`null`, in CSV `-`) is taken back.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from tocsin.model.errors import Problem, UsageError
from tocsin.service.texts import harmless

MOST = 1000
"""Findings in one request."""

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")
_LONGEST_TICKET, _LONGEST_NOTE = 100, 2000
_TAKEN_BACK = "-"

Value = bool | str | dt.datetime | dt.date | None


@dataclass(frozen=True, slots=True)
class WantedMark:
    """What is to be said of a finding. row: of the request, from 1. said: by field of the mark.

    `fixed` is a time, or True for now; None takes back.
    """

    row: int
    finding: str
    said: Mapping[str, Value]


def read_json(content: bytes) -> list[WantedMark]:
    """`{"marks": [{"id": ..., "seen": true, ...}]}`; UsageError with all mistakes by row."""
    try:
        said = json.loads(content)
        rows = said["marks"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError('this is no JSON object {"marks": [...]}', where="body") from None
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise UsageError("marks is no array of objects", where="marks")
    return _read(rows, ignored=frozenset())


def read_csv(content: bytes, ignored: Sequence[str]) -> list[WantedMark]:
    """A header with `id`, then a finding a line; an empty cell says nothing, `-` takes back.

    ignored: columns of the table that is downloaded, which may stand there and say nothing.
    """
    try:
        lines = csv.reader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        header = [each.strip().lower() for each in next(lines, [])]
        # Not read on: of a million lines, none is held.
        body = list(islice(filter(None, lines), MOST + 1))
    except (UnicodeDecodeError, csv.Error):
        raise UsageError("this is no CSV in UTF-8", where="body") from None
    if "id" not in header or len(set(header)) < len(header):
        raise UsageError("the first line does not name the columns, id among them", where="body")
    if any(len(each) != len(header) for each in body):
        raise UsageError("a line has more or fewer cells than the first", where="body")
    rows = [_of_cells(dict(zip(header, cells, strict=True))) for cells in body]
    return _read(rows, ignored=frozenset(ignored))


def _of_cells(cells: dict[str, str]) -> dict[str, object]:
    return {k: None if v.strip() == _TAKEN_BACK else v for k, v in cells.items() if v.strip()}


def _read(rows: Sequence[Mapping[str, object]], ignored: frozenset[str]) -> list[WantedMark]:
    if len(rows) > MOST:
        raise UsageError(f"more than {MOST} findings", where="body", todo="send them in parts")
    found: list[WantedMark] = []
    problems: list[Problem] = []
    known: set[str] = set()
    for number, row in enumerate(rows, 1):
        mark, wrong = _mark(number, row, ignored)
        if mark is not None and mark.finding in known:
            wrong.append(Problem(f"row {number}", 0, 0, "this finding is named twice"))
        if mark is not None:
            known.add(mark.finding)
            found.append(mark)
        problems += wrong
    if problems:
        raise UsageError("nothing was changed", where="body", problems=problems)
    return found


def _mark(
    number: int, row: Mapping[str, object], ignored: frozenset[str]
) -> tuple[WantedMark | None, list[Problem]]:
    where = f"row {number}"
    finding = row.get("id")
    if not isinstance(finding, str) or not _ID.fullmatch(finding):
        return None, [Problem(where, 0, 0, "id is not that of a finding: 32 digits, 0-9 and a-f")]
    said: dict[str, Value] = {}
    wrong = _no_fields(where, [each for each in row if not _is_known(each, ignored)])
    for name, value in row.items():
        read = _FIELDS.get(name)
        if read is None:
            continue
        try:
            said[name] = None if value is None else read(value)
        except (ValueError, OverflowError) as error:
            wrong.append(Problem(where, 0, 0, f"{name} {error}"))
    return WantedMark(number, finding, said), wrong


def _is_known(name: str, ignored: frozenset[str]) -> bool:
    return name == "id" or name in _FIELDS or name in ignored


def _no_fields(where: str, names: Sequence[str]) -> list[Problem]:
    """One mistake of a row, however many there are of it."""
    if not names:
        return []
    more = f", nor {len(names) - 1} more that are named" if len(names) > 1 else ""
    what = f"there is no field {harmless(names[0], 40)!r}{more}"
    return [Problem(where, 0, 0, what, f"fields: {', '.join(_FIELDS)}")]


def _flag(value: object) -> bool:
    text = str(value).strip().lower()
    if text not in (*_YES, *_NO):
        raise ValueError("is neither true nor false")
    return text in _YES


def _text(longest: int, *, lines: bool = False) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise ValueError("is no text")
        if len(str(value)) > longest:
            raise ValueError(f"is longer than {longest} characters")
        return harmless(str(value), longest, lines=lines)

    return read


def _fixed(value: object) -> bool | dt.datetime | None:
    text = str(value).strip()
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is neither true nor a time, such as 2026-11-22T04:00:00Z") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return aware.astimezone(dt.UTC)


def _day(value: object) -> dt.date:
    try:
        return dt.date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError("is no day, such as 2026-12-31") from None


_FIELDS: Mapping[str, Callable[[object], Value]] = {
    "seen": _flag,
    "ticket": _text(_LONGEST_TICKET),
    "fixed": _fixed,
    "risk_accepted_until": _day,
    "note": _text(_LONGEST_NOTE, lines=True),
}
