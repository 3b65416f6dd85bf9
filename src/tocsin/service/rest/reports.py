"""reports: which there are, one of them, and its rows."""

from __future__ import annotations

import datetime as dt
import re

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_vary_headers
from ninja import Router

from tocsin.service.api.caller import Caller
from tocsin.service.api.rows import columns_of, rows_of
from tocsin.service.delivery import fetches
from tocsin.service.delivery.content import Content, Gone, content_of
from tocsin.service.delivery.content import type_of as entry_of
from tocsin.service.delivery.extra import Extra
from tocsin.service.delivery.file_answer import file_answer
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.shown import shown
from tocsin.service.delivery.standing import Share, Standing
from tocsin.service.delivery.theirs import standing_of
from tocsin.service.rest.answers import (
    Form,
    as_pieces,
    content_type,
    page,
    tagged,
    told,
    wanted_form,
)
from tocsin.service.rest.asked import (
    LONGEST,
    Cursor,
    Limit,
    Name,
    lists_of,
    reader_of,
    type_of,
)
from tocsin.service.rest.bearer import Bearer
from tocsin.service.rest.cursors import Part, cursor_after, day_of, no_cursor, read_cursor
from tocsin.service.rest.describing import answers, in_forms
from tocsin.service.rest.refusal import Refusal
from tocsin.service.rest.schemas import ReportOut, Reports

# As often as a client likes: it is what the API is for.
ROUTER = Router(tags=["reports"], auth=Bearer(counted=False))

_FORMS = (Form.JSON, Form.NDJSON, Form.CSV)
_OF_ROWS = (Form.CSV, Form.JSON, Form.NDJSON, Form.PARQUET)
_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}-[a-z0-9_]+-[a-z0-9_-]+\.csv", re.ASCII)
_ENDINGS = {Form.JSON: "json", Form.NDJSON: "ndjson", Form.PARQUET: "parquet"}
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
    form, caller = wanted_form(request, *_FORMS), reader_of(request)
    lists = lists_of(caller, list)
    rows = shown(lists)
    if first is not None:
        rows = rows.filter(day__gte=first)
    if last is not None:
        rows = rows.filter(day__lte=last)
    if type:
        rows = rows.filter(report_type=type_of(type).id)
    after = read_cursor(cursor, "reports", (str, str))
    if after is not None:
        day, file = day_of(after[0]), _file_of(after[1])
        rows = rows.filter(day__lte=day).exclude(day=day, file__lte=file)
    found = [*rows[: limit + 1]]
    more = ""
    if len(found) > limit:
        found = found[:limit]
        more = cursor_after("reports", str(found[-1].day), found[-1].file)
    stand = standing_of(found, lists, caller.now)
    said = [_said(request, each, caller, stand[each.pk]) for each in found if each.pk in stand]
    return page(request, form, said, _COLUMNS, more)


@ROUTER.get("/reports/{name}", response=answers(ReportOut, 403, 404), url_name="rest_report")
def one_report(request: HttpRequest, name: str) -> HttpResponseBase:
    """One report, by its file name."""
    caller = reader_of(request)
    report, standing = _report(caller, name)
    return told(request, _said(request, report, caller, standing))


@ROUTER.get(
    "/reports/{name}/rows",
    response=answers(None, 403, 404, 410, 416),
    url_name="rest_report_rows",
    openapi_extra={
        "parameters": [
            {
                "in": "header",
                "name": "Range",
                "schema": {"type": "string"},
                "description": "One range of bytes of the CSV; other forms come whole.",
            }
        ],
        "responses": {
            200: {"content": {each.value: {"schema": {}} for each in _OF_ROWS}},
            206: {
                "description": "The bytes that were asked for.",
                "content": {Form.CSV.value: {"schema": {}}},
            },
        },
    },
)
def report_rows(request: HttpRequest, name: str) -> HttpResponseBase:
    """The rows of a report: as CSV the file that is mailed; streamed, however large."""
    form = wanted_form(request, *_OF_ROWS)
    caller = reader_of(request)
    report, standing = _report(caller, name)
    try:
        content = content_of(report, standing)
    except Gone:
        raise Refusal(410, "this report is not kept any more", where=report.file) from None
    if content is None:
        raise _none(name)
    if request.META.get("REQUEST_METHOD") != "HEAD":
        fetches.note([report.pk], caller.holder.name, caller.now)
    if form is Form.CSV:
        return _file(request, report, content)
    return _made(request, form, report, content, standing.extra)


def _file(request: HttpRequest, report: Report, content: Content) -> HttpResponseBase:
    """As by a link, with parts and compression."""
    # Of what HEAD asks for there are no parts.
    request.method = request.META["REQUEST_METHOD"]
    answer = file_answer(request, report, content)
    answer.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(answer, ("Accept", "Authorization"))
    return answer


def _made(
    request: HttpRequest, form: Form, report: Report, content: Content, extra: Extra
) -> HttpResponseBase:
    """Of the file, while it is sent."""
    file = f"{content.file.removesuffix('.csv')}.{_ENDINGS[form]}"
    report_type = entry_of(report)
    rows = rows_of(content.pieces(), report_type)
    answer = StreamingHttpResponse(
        as_pieces(form, rows, columns_of(report_type, extra.columns)),
        content_type=content_type(form),
        headers={"Content-Disposition": f'attachment; filename="{file}"', "Accept-Ranges": "none"},
    )
    return tagged(request, answer, f"{content.sha256}-{_ENDINGS[form]}")


def _report(caller: Caller, name: str) -> tuple[Report, Standing]:
    """The newest revision of a report; 404 if there is none, or it is not theirs (any more)."""
    known = _NAME.fullmatch(name[:LONGEST]) is not None
    found = shown(caller.lists).filter(file=name).first() if known else None
    standing = None
    if found is not None:
        standing = standing_of([found], caller.lists, caller.now).get(found.pk)
    if found is None or standing is None:
        raise _none(name)
    return found, standing


def _none(name: str) -> Refusal:
    return Refusal(
        404,
        f"no report {name[:120]!r} is open to this key",
        where="name",
        todo="/api/v1/reports names those that are",
    )


def _said(
    request: HttpRequest, report: Report, caller: Caller, standing: Standing
) -> dict[str, object]:
    whole = standing.share is Share.WHOLE
    return {
        "id": report.file,
        "day": report.day.isoformat(),
        "type": report.report_type,
        "list": str(caller.lists[report.list]),
        "delayed": report.delayed,
        "revision": report.night.revision,
        "whole": whole,
        # Of what was cut since, the night's figures would tell what is not theirs any more.
        "rows": report.rows if whole else None,
        "bytes": report.bytes if standing.is_as_made else None,
        "sha256": report.sha256 if standing.is_as_made else None,
        "download": request.build_absolute_uri(f"/api/v1/reports/{report.file}/rows"),
    }


def _file_of(said: Part) -> str:
    """The name in a cursor. No database is asked for what is no name."""
    if not isinstance(said, str) or len(said) > LONGEST or _NAME.fullmatch(said) is None:
        raise no_cursor()
    return said
