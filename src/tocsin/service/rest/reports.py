"""reports: which there are, one of them, and its rows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from ninja import Router

from tocsin.service import clock
from tocsin.service.delivery import fetches
from tocsin.service.delivery.content import Content, Gone, content_of
from tocsin.service.delivery.extra import Extra
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.shown import shown
from tocsin.service.delivery.standing import Share, Standing
from tocsin.service.delivery.theirs import standing_of
from tocsin.service.rest.answers import Form, as_pieces, content_type, page, told, wanted_form
from tocsin.service.rest.asked import (
    LONGEST,
    Cursor,
    Limit,
    Name,
    catalogue_of_home,
    lists_of,
    reader_of,
    type_of,
)
from tocsin.service.rest.callers import Caller
from tocsin.service.rest.cursors import cursor_after, read_cursor
from tocsin.service.rest.describing import answers, in_forms
from tocsin.service.rest.refusal import Refusal
from tocsin.service.rest.rows import columns_of, rows_of
from tocsin.service.rest.schemas import ReportOut, Reports
from tocsin.service.subscribers.models import MailingList

ROUTER = Router(tags=["reports"])

_FORMS = (Form.JSON, Form.NDJSON, Form.CSV)
_OF_ROWS = (Form.CSV, Form.JSON, Form.NDJSON, Form.PARQUET)
_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}-[a-z0-9_]+-[a-z0-9_-]+\.csv", re.ASCII)
_ENDINGS = {Form.JSON: "json", Form.NDJSON: "ndjson", Form.CSV: "csv", Form.PARQUET: "parquet"}
_COLUMNS = {
    "id": str,
    "day": str,
    "type": str,
    "list": str,
    "delayed": str,
    "revision": int,
    "whole": str,
    "rows": int,
    "bytes": int,
    "sha256": str,
    "download": str,
}


@ROUTER.get(
    "/reports",
    response=answers(Reports, 400, 403, 404),
    url_name="rest_reports",
    openapi_extra=in_forms(*_FORMS),
)
def reports(
    request: HttpRequest,
    first: dt.date | None = None,
    last: dt.date | None = None,
    type: Name = "",  # noqa: A002 - its name in the address
    list: Name = "",  # noqa: A002
    limit: Limit = 100,
    cursor: Cursor = "",
) -> HttpResponseBase:
    """The reports of the days from `first` to `last`, newest day first.

    Of each day the newest revision. A page may be short: go on as long as there is a next one.
    """
    form, now, caller = wanted_form(request, *_FORMS), clock.now(), reader_of(request)
    lists = lists_of(caller, list, now)
    rows = shown(lists)
    if first is not None:
        rows = rows.filter(day__gte=first)
    if last is not None:
        rows = rows.filter(day__lte=last)
    if type:
        rows = rows.filter(report_type=type_of(type).id)
    after = read_cursor(cursor, "reports", (int, int))
    if after is not None:
        day, number = _place(int(after[0])), _number(int(after[1]))
        rows = rows.filter(day__lte=day).exclude(day=day, pk__gte=number)
    found = [*rows[: limit + 1]]
    more = ""
    if len(found) > limit:
        found = found[:limit]
        more = cursor_after("reports", found[-1].day.toordinal(), found[-1].pk)
    stand = standing_of(found, lists, now)
    said = [_said(request, each, lists, stand[each.pk]) for each in found if each.pk in stand]
    return page(request, form, said, _COLUMNS, more)


@ROUTER.get("/reports/{name}", response=answers(ReportOut, 403, 404), url_name="rest_report")
def one_report(request: HttpRequest, name: str) -> HttpResponseBase:
    """One report, by its file name."""
    now, caller = clock.now(), reader_of(request)
    lists, report, standing = _report(caller, name, now)
    return told(request, _said(request, report, lists, standing))


@ROUTER.get(
    "/reports/{name}/rows",
    response=answers(None, 403, 404, 410),
    url_name="rest_report_rows",
    openapi_extra={
        "responses": {
            200: {"content": {each.value: {"schema": {}} for each in _OF_ROWS}},
            304: {"description": "The client has it."},
        }
    },
)
def report_rows(request: HttpRequest, name: str) -> HttpResponseBase:
    """The rows of a report: as CSV the file that is mailed; streamed, however large."""
    form = wanted_form(request, *_OF_ROWS)
    caller, now = reader_of(request), clock.now()
    _, report, standing = _report(caller, name, now)
    try:
        content = content_of(report, standing)
    except Gone:
        raise Refusal(410, "this report is not kept any more", where=report.file) from None
    if content is None:
        raise _none(name)
    etag = f'"{content.sha256}-{_ENDINGS[form]}"'
    file = f"{content.file.removesuffix('.csv')}.{_ENDINGS[form]}"
    headers = {
        "ETag": etag,
        "Content-Disposition": f'attachment; filename="{file}"',
        "Vary": "Accept, Authorization",
    }
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged
    if request.META.get("REQUEST_METHOD") == "HEAD":
        return HttpResponse(content_type=content_type(form), headers=headers)
    fetches.note([report.pk], caller.holder, now)
    pieces = _pieces(form, content, report, standing.extra)
    return StreamingHttpResponse(pieces, content_type=content_type(form), headers=headers)


def _pieces(form: Form, content: Content, report: Report, extra: Extra) -> Iterator[bytes]:
    if form is Form.CSV:
        return content.pieces()
    report_type = catalogue_of_home().report_types.get(report.report_type)
    rows = rows_of(content.pieces(), report_type)
    return as_pieces(form, rows, columns_of(report_type, extra.columns))


def _report(
    caller: Caller, name: str, now: dt.datetime
) -> tuple[dict[int, MailingList], Report, Standing]:
    """The newest revision of a report; 404 if there is none, or it is not theirs (any more)."""
    lists = caller.mailing_lists(now)
    found = shown(lists).filter(file=name).first() if _NAME.fullmatch(name[:LONGEST]) else None
    standing = standing_of([found], lists, now).get(found.pk) if found is not None else None
    if found is None or standing is None:
        raise _none(name)
    return lists, found, standing


def _none(name: str) -> Refusal:
    return Refusal(
        404,
        f"no report {name[:120]!r} is open to this key",
        where="name",
        todo="/api/v1/reports names those that are",
    )


def _said(
    request: HttpRequest, report: Report, lists: dict[int, MailingList], standing: Standing
) -> dict[str, object]:
    whole = standing.share is Share.WHOLE
    return {
        "id": report.file,
        "day": report.day.isoformat(),
        "type": report.report_type,
        "list": str(lists[report.list]),
        "delayed": report.delayed,
        "revision": report.night.revision,
        "whole": whole,
        # Of what was cut since, the night's figures would tell what is not theirs any more.
        "rows": report.rows if whole else None,
        "bytes": report.bytes if standing.is_as_made else None,
        "sha256": report.sha256 if standing.is_as_made else None,
        "download": request.build_absolute_uri(f"/api/v1/reports/{report.file}/rows"),
    }


def _place(ordinal: int) -> dt.date:
    try:
        return dt.date.fromordinal(ordinal)
    except (ValueError, OverflowError):
        raise Refusal(400, "this is no cursor of this listing", where="cursor") from None


def _number(said: int) -> int:
    if not 0 <= said < 1 << 63:
        raise Refusal(400, "this is no cursor of this listing", where="cursor")
    return said
