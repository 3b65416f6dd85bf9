"""findings: what there is to fix, and what people say of it, many at a time."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from ninja import Router

from tocsin.service.api.caller import Caller
from tocsin.service.api.keys import FINDINGS
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor
from tocsin.service.findings.ledger import WITHDRAWN
from tocsin.service.findings.marking import Marker, mark
from tocsin.service.findings.seen import COLUMNS, SeenFinding, seen_findings
from tocsin.service.findings.wanted import WantedMark, read_csv, read_json
from tocsin.service.rest.answers import Form, page, told, wanted_form
from tocsin.service.rest.asked import Cursor, LargeLimit, Name, lists_of, reader_of, type_of
from tocsin.service.rest.cursors import cursor_after, read_cursor
from tocsin.service.rest.describing import answers, in_forms
from tocsin.service.rest.refusal import Refusal
from tocsin.service.rest.schemas import Findings, Marked, MarkIn

ROUTER = Router(tags=["findings"])

_FORMS = (Form.JSON, Form.NDJSON, Form.CSV, Form.PARQUET)
_STATES = ("", "open", "fixed", WITHDRAWN)
_BODIES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["marks"],
                    "properties": {"marks": {"type": "array", "items": MarkIn.model_json_schema()}},
                }
            },
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}


@ROUTER.get(
    "/findings",
    response=answers(Findings, 400, 403, 404, 429),
    url_name="rest_findings",
    openapi_extra=in_forms(*_FORMS),
)
def findings(
    request: HttpRequest,
    state: Name = "",
    type: Name = "",  # noqa: A002 - its name in the address
    list: Name = "",  # noqa: A002
    seen: bool | None = None,
    limit: LargeLimit = 1000,
    cursor: Cursor = "",
) -> HttpResponseBase:
    """The findings of the lists, open ones first, the worst first, the newest first.

    `state` (open, fixed) is what the engine judges by what is seen; `withdrawn`: what was reported
    of it is taken back.
    """
    form, caller = wanted_form(request, *_FORMS), reader_of(request)
    if state not in _STATES:
        raise Refusal(
            400, "there is no such state", where="state", todo="open, fixed, withdrawn, or none"
        )
    wanted = type_of(type).id if type else ""
    after = read_cursor(cursor, "findings", (int, int, int, str))
    rest = [
        each
        for each in seen_findings(caller.key.organisation, lists_of(caller, list), caller.now)
        if state in ("", each.finding.state)
        and wanted in ("", each.finding.report_type)
        and seen in (None, each.mark.seen)
        and (after is None or each.finding.order > after)
    ]
    more = _cursor(rest[limit - 1]) if len(rest) > limit else ""
    return page(request, form, [each.to_json() for each in rest[:limit]], COLUMNS, more)


@ROUTER.post(
    "/findings/marks",
    response=answers(Marked, 400, 403, 413, 415, 429),
    url_name="rest_marks",
    openapi_extra=_BODIES,
)
def marks(request: HttpRequest) -> HttpResponseBase:
    """Say of findings that they are seen, have a ticket, are fixed, or that a risk is accepted.

    As JSON or CSV; the table that `findings` answers may be sent back. All of it is done or, with
    a mistake in any row, nothing. The same again changes nothing.
    """
    wanted_form(request, Form.JSON)
    caller = reader_of(request)
    if FINDINGS not in caller.key.groups:
        raise Refusal(
            403,
            "this key may not say anything of findings",
            where=caller.key.name,
            todo=f"make a key with the group {FINDINGS}",
        )
    done = mark(_marker(caller), _wanted(request), caller.now)
    return told(request, {"changed": done.changed, "unchanged": done.unchanged})


def _marker(caller: Caller) -> Marker:
    return Marker(
        organisation=caller.key.organisation,
        lists=caller.lists,
        actor=Actor(ActorKind.PERSON, f"{caller.key.made_by} by the key {caller.key.name}"[:254]),
        address=caller.key.made_by,
    )


def _wanted(request: HttpRequest) -> list[WantedMark]:
    if request.content_type == "application/json":
        return read_json(request.body)
    if request.content_type == "text/csv":
        return read_csv(request.body, tuple(COLUMNS))
    raise Refusal(
        415,
        "the request is neither JSON nor CSV",
        where="Content-Type",
        todo="send application/json or text/csv",
    )


def _cursor(last: SeenFinding) -> str:
    return cursor_after("findings", *last.finding.order)
