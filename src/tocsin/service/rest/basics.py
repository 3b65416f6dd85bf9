"""me, lists and types: what a key opens, and what there is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from ninja import Router

from tocsin.catalogue.entries import ReportType
from tocsin.service.delivery.network_words import network_words
from tocsin.service.rest.answers import Form, page, told, wanted_form
from tocsin.service.rest.asked import (
    LONGEST,
    Cursor,
    Limit,
    caller_of,
    catalogue_of_home,
    reader_of,
    type_of,
)
from tocsin.service.rest.cursors import cursor_after, read_cursor
from tocsin.service.rest.describing import answers, in_forms
from tocsin.service.rest.schemas import Lists, Me, Types, TypeWhole
from tocsin.service.subscribers.lists.lists_now import lists_now

ROUTER = Router(tags=["basics"])

_FORMS = (Form.JSON, Form.NDJSON, Form.CSV)
_LISTS = {
    "id": int,
    "name": str,
    "filter": str,
    "mode": str,
    "format": str,
    "least_severity": str,
    "language": str,
    "except_types": str,
    "extra_columns": str,
    "networks": str,
}
_TYPES = {"id": str, "title": str, "area": str, "severity": str, "subject": str, "columns": str}


@ROUTER.get("/me", response=answers(Me, 429), url_name="rest_me")
def me(request: HttpRequest) -> HttpResponseBase:
    """Whose key it is, and which groups and lists it opens."""
    caller = caller_of(request)
    organisation = caller.key.organisation
    said = {
        "organisation": {"slug": organisation.slug, "name": organisation.name},
        "key": caller.key.name,
        "groups": sorted(caller.key.groups),
        "lists": [str(each) for each in caller.lists.values()],
    }
    return told(request, said)


@ROUTER.get(
    "/lists",
    response=answers(Lists, 403, 429),
    url_name="rest_lists",
    openapi_extra=in_forms(*_FORMS),
)
def lists(request: HttpRequest) -> HttpResponseBase:
    """The lists that the key opens, with the networks that each has now. All on one page."""
    form, caller = wanted_form(request, *_FORMS), reader_of(request)
    current = lists_now(caller.lists.values(), caller.now)
    rows = [
        {
            "id": number,
            "name": str(each),
            "filter": each.filter,
            "mode": each.mode,
            "format": each.format,
            "least_severity": each.least_severity,
            "language": each.language,
            "except_types": sorted(each.except_types),
            "extra_columns": each.extra_columns,
            "networks": network_words(current[number].networks),
        }
        for number, each in caller.lists.items()
    ]
    return page(request, form, rows, _LISTS, "")


@ROUTER.get(
    "/types",
    response=answers(Types, 400, 403, 429),
    url_name="rest_types",
    openapi_extra=in_forms(*_FORMS),
)
def types(
    request: HttpRequest,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> HttpResponseBase:
    """The report types, by id."""
    form = wanted_form(request, *_FORMS)
    reader_of(request)
    after = read_cursor(cursor, "types", (str,))
    known = sorted(catalogue_of_home().report_types.items())
    rest = [each for name, each in known if after is None or name > str(after[0])]
    more = cursor_after("types", rest[limit - 1].id) if len(rest) > limit else ""
    rows = [{**_said(each), "columns": list(each.column_names)} for each in rest[:limit]]
    return page(request, form, rows, _TYPES, more)


@ROUTER.get("/types/{name}", response=answers(TypeWhole, 403, 404, 429), url_name="rest_type")
def one_type(request: HttpRequest, name: str) -> HttpResponseBase:
    """One report type, by its id or an older name: its columns, and its words for people."""
    reader_of(request)
    found = type_of(name[:LONGEST])
    columns = [
        {"name": each.name, "kind": each.kind.value, "description": each.description}
        for each in found.columns
    ]
    return told(request, {**_said(found), "columns": columns, "text": dict(found.text)})


def _said(each: ReportType) -> dict[str, object]:
    return {
        "id": each.id,
        "title": each.title,
        "area": each.area,
        "severity": each.severity.word,
        "subject": each.subject.column,
    }
