"""records: rows of all reports by what is in them, page after page.

A page ends at a row, and the next one begins behind that row in an order that does not hang on
which nights there are. The days that are meant go with it: midnight moves none of them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from django.http import HttpRequest, HttpResponseBase
from ninja import Router
from pydantic import Field

from tocsin.engine.search.values import Order, Row
from tocsin.model.errors import UsageError
from tocsin.service.api.query.answering import cells_json
from tocsin.service.api.query.answering import query as answer_to
from tocsin.service.api.query.places import Days, Scope, reports_in
from tocsin.service.api.rows import columns_of
from tocsin.service.delivery import fetches
from tocsin.service.rest.answers import Columns, Form, page, wanted_form
from tocsin.service.rest.asked import Cursor, LargeLimit, Name, lists_of, reader_of, type_of
from tocsin.service.rest.cursors import cursor_after, day_of, read_cursor
from tocsin.service.rest.describing import answers, in_forms
from tocsin.service.rest.refusal import Refusal
from tocsin.service.rest.schemas import Records

ROUTER = Router(tags=["records"])

_FORMS = (Form.JSON, Form.NDJSON, Form.CSV, Form.PARQUET)
_OF_REPORT: Columns = {"report_type": str, "report_day": str}

DAYS = 31
"""How many days may be asked for at a time."""

_USUAL = dt.timedelta(days=6)
_LONGEST = 2000
"""Characters of a query: addresses that are much longer are refused before they come here."""

Searched = Annotated[
    str,
    Field(
        max_length=_LONGEST,
        description='A JSON object of fields and values, such as {"ip": "192.0.2.0/24"}.',
    ),
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: the days of the listing, and behind which row ("" for its start)."""

    days: Days
    after: str = ""


@ROUTER.get(
    "/records",
    response=answers(Records, 400, 403, 404, 429),
    url_name="rest_records",
    openapi_extra=in_forms(*_FORMS),
)
def records(
    request: HttpRequest,
    first: dt.date | None = None,
    last: dt.date | None = None,
    type: Name = "",  # noqa: A002 - its name in the address
    list: Name = "",  # noqa: A002
    query: Searched = "",
    sort: Order = Order.DESCENDING,
    limit: LargeLimit = 1000,
    cursor: Cursor = "",
) -> HttpResponseBase:
    """The rows of the reports of these days (without any: of the last seven), newest day first.

    In CSV and Parquet a page has one table: name a type to have its columns.
    """
    form, caller = wanted_form(request, *_FORMS), reader_of(request)
    report_type = type_of(type) if type else None
    if report_type is None and form in (Form.CSV, Form.PARQUET):
        raise Refusal(
            400,
            "a table has the columns of one report type",
            where="type",
            todo="name a type, or accept application/x-ndjson",
        )
    place = _place(cursor, first, last, caller.now)
    lists = lists_of(caller, list)
    said = {"query": _object(query), "sort": sort.value, "limit": limit, "after": place.after}
    try:
        found = answer_to(
            Scope([*lists.values()]),
            said,
            place.days,
            caller.now,
            any_network=True,
            only=report_type.id if report_type is not None else "",
        )
    except UsageError as error:
        raise Refusal(400, error.what, where="query", todo=error.todo) from error
    rows = [_said(each) for each in found.rows or ()]
    if found.shown:
        fetches.note(reports_in(found.shown, place.days), caller.holder.name, caller.now)
    more = cursor_after("records", *map(str, place.days), found.after) if found.after else ""
    return page(request, form, rows, {**_OF_REPORT, **columns_of(report_type)}, more)


def _said(row: Row) -> Mapping[str, str | int]:
    told = {"report_type": row.report_type.id, "report_day": row.mark.day.isoformat()}
    return {**told, **cells_json(row)}


def _object(said: str) -> Mapping[str, object]:
    try:
        found = json.loads(said or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refusal(
            400,
            "the query is no JSON object",
            where="query",
            todo='write {"ip": "192.0.2.0/24"}, say, encoded as addresses are',
        )
    return cast("dict[str, object]", found)


def _place(cursor: str, first: dt.date | None, last: dt.date | None, now: dt.datetime) -> Place:
    parts = read_cursor(cursor, "records", (str, str, str))
    if parts is None:
        return Place(_days(first, last, now))
    begins, ends = day_of(parts[0]), day_of(parts[1])
    if first not in (None, begins) or last not in (None, ends):
        raise Refusal(
            400,
            f"this cursor goes on with {begins} to {ends}",
            where="cursor",
            todo="take the address of the next page as it is; leave the cursor out to begin anew",
        )
    return Place(_days(begins, ends, now), str(parts[2]))


def _days(first: dt.date | None, last: dt.date | None, now: dt.datetime) -> Days:
    ends = last or now.date()
    begins = first or max(ends, dt.date.min + _USUAL) - _USUAL
    if begins > ends or (ends - begins).days >= DAYS:
        raise Refusal(
            400,
            f"these are not 1 to {DAYS} days",
            where="first",
            todo="ask for fewer days at a time, from `first` to `last`",
        )
    return begins, ends
