"""records: rows of many reports, page after page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from django.http import HttpRequest, HttpResponseBase
from ninja import Router

from tocsin.service import clock
from tocsin.service.delivery import fetches
from tocsin.service.delivery.content import Gone, content_of
from tocsin.service.delivery.extra import names_of
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.shown import shown
from tocsin.service.delivery.standing import Standing
from tocsin.service.delivery.theirs import standing_of
from tocsin.service.rest.answers import Columns, Form, page, wanted_form
from tocsin.service.rest.asked import (
    Cursor,
    LargeLimit,
    Name,
    catalogue_of_home,
    lists_of,
    reader_of,
    type_of,
)
from tocsin.service.rest.cursors import cursor_after, read_cursor
from tocsin.service.rest.describing import answers, in_forms
from tocsin.service.rest.refusal import Refusal
from tocsin.service.rest.rows import Cells, columns_of, rows_of
from tocsin.service.rest.schemas import Records
from tocsin.service.subscribers.models import MailingList

ROUTER = Router(tags=["records"])

_FORMS = (Form.JSON, Form.NDJSON, Form.CSV, Form.PARQUET)
_OF_REPORT: Columns = {"_day": str, "_type": str, "_list": str, "_report": str}

DAYS = 31
"""How many days may be asked for at a time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows of which lists, days, and type ("" for all). after: report and row given out last."""

    lists: Mapping[int, MailingList]
    first: dt.date
    last: dt.date
    report_type: str = ""
    after: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of rows; after: of which report the last one is, and which; None if that is all.

    reports: keys of those that the rows are of.
    """

    rows: list[Cells]
    after: tuple[str, int] | None
    reports: frozenset[int] = frozenset()


class Reader(Protocol):
    """Finds rows, in an order that does not change."""

    def __call__(self, wanted: Wanted, most: int, now: dt.datetime) -> Found:
        """At most so many."""


def read_packs(wanted: Wanted, most: int, now: dt.datetime) -> Found:
    """Out of the reports themselves, newest day first, then by name, then as in the report."""
    rows = shown(wanted.lists).filter(day__gte=wanted.first, day__lte=wanted.last)
    if wanted.report_type:
        rows = rows.filter(report_type=wanted.report_type)
    begins = 0
    if wanted.after is not None:
        name, begins = wanted.after
        day = _day_of(name)
        rows = rows.filter(day__lte=day).exclude(day=day, file__lt=name)
    reports = list(rows.order_by("-day", "file"))
    found: list[Cells] = []
    given: set[int] = set()
    last: tuple[str, int] | None = None
    for report, standing in _standing(reports, wanted, now):
        passed = begins if wanted.after is not None and report.file == wanted.after[0] else 0
        for number, row in enumerate(_rows(report, standing, wanted, passed), passed + 1):
            if len(found) == most:
                return Found(found, last, frozenset(given))
            found.append(row)
            given.add(report.pk)
            last = (report.file, number)
    return Found(found, None, frozenset(given))


def _standing(
    reports: list[Report], wanted: Wanted, now: dt.datetime
) -> Iterator[tuple[Report, Standing]]:
    stand = standing_of(reports, wanted.lists, now)
    return ((each, stand[each.pk]) for each in reports if each.pk in stand)


def _rows(report: Report, standing: Standing, wanted: Wanted, passed: int) -> Iterator[Cells]:
    try:
        content = content_of(report, standing)
    except Gone:
        return
    if content is None:
        return
    about: Cells = {
        "_day": report.day.isoformat(),
        "_type": report.report_type,
        "_list": str(wanted.lists[report.list]),
        "_report": report.file,
    }
    report_type = catalogue_of_home().report_types.get(report.report_type)
    for row in islice(rows_of(content.pieces(), report_type), passed, None):
        yield {**about, **row}


@ROUTER.get(
    "/records",
    response=answers(Records, 400, 403, 404),
    url_name="rest_records",
    openapi_extra=in_forms(*_FORMS),
)
def records(
    request: HttpRequest,
    first: dt.date | None = None,
    last: dt.date | None = None,
    type: Name = "",  # noqa: A002 - its name in the address
    list: Name = "",  # noqa: A002
    limit: LargeLimit = 1000,
    cursor: Cursor = "",
) -> HttpResponseBase:
    """The rows of the reports of these days (without any: of the last seven), newest day first.

    In CSV and Parquet a page has one table: name a type to have its columns.
    """
    form, now, caller = wanted_form(request, *_FORMS), clock.now(), reader_of(request)
    report_type = type_of(type) if type else None
    if report_type is None and form in (Form.CSV, Form.PARQUET):
        raise Refusal(
            400,
            "a table has the columns of one report type",
            where="type",
            todo="name a type, or accept application/x-ndjson",
        )
    begins, ends = _days(first, last, now)
    wanted = Wanted(
        lists=lists_of(caller, list, now),
        first=begins,
        last=ends,
        report_type=report_type.id if report_type is not None else "",
        after=_after(cursor),
    )
    found = read_packs(wanted, limit, now)
    fetches.note(found.reports, caller.holder, now)
    more = cursor_after("records", *found.after) if found.after is not None else ""
    columns = {**_OF_REPORT, **columns_of(report_type, names_of(wanted.lists.values()))}
    return page(request, form, found.rows, columns, more)


def _days(first: dt.date | None, last: dt.date | None, now: dt.datetime) -> tuple[dt.date, dt.date]:
    ends = last or now.date()
    begins = first or max(ends, dt.date.min + dt.timedelta(7)) - dt.timedelta(6)
    if begins > ends or (ends - begins).days >= DAYS:
        raise Refusal(
            400,
            f"these are not 1 to {DAYS} days",
            where="first",
            todo="ask for fewer days at a time, from `first` to `last`",
        )
    return begins, ends


def _after(said: str) -> tuple[str, int] | None:
    parts = read_cursor(said, "records", (str, int))
    if parts is None:
        return None
    name, number = str(parts[0]), int(parts[1])
    _day_of(name)
    if not 0 <= number < 1 << 63 or not name.isascii() or not name.isprintable():
        raise Refusal(400, "this is no cursor of this listing", where="cursor")
    return name, number


def _day_of(name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(name[:10])
    except ValueError:
        raise Refusal(400, "this is no cursor of this listing", where="cursor") from None
