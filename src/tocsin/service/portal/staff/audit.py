"""Searching what was done; a page of lines, or all of them as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterable, Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.search import Looked, find_lines
from tocsin.service.permissions import Permission, needs
from tocsin.service.portal.staff.common import PAGE, said
from tocsin.service.portal.typed import whole_number
from tocsin.service.subscribers.models import Organisation

_COLUMNS = (
    "id", "at", "actor_kind", "actor", "verb", "subject_kind", "subject_id", "subject_name",
    "organisation", "request", "before", "after", "note",
)  # fmt: skip
_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")


@needs(Permission.AUDIT_SEE)
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Lines, newest first; the next page begins below the last number, however many there are."""
    lines = find_lines(_looked(request))
    before = _number(said(request, "before"))
    if before is not None:
        lines = lines.filter(pk__lt=before)
    shown = list(lines[: PAGE + 1])
    names = dict(
        Organisation.objects.filter(pk__in={each.organisation for each in shown}).values_list(
            "pk", "slug"
        )
    )
    rows = [(each, names.get(each.organisation or 0, "")) for each in shown[:PAGE]]
    page = {
        "rows": rows,
        "next": shown[PAGE - 1].pk if len(shown) > PAGE else None,
        "looked": {name: said(request, name) for name in _FIELDS},
    }
    return render(request, "staff/audit.html", page)


@needs(Permission.AUDIT_SEE)
@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The same lines, all of them, as CSV."""
    lines = find_lines(_looked(request)).iterator(chunk_size=2_000)
    answer = StreamingHttpResponse(_csv(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


_FIELDS = ("who", "verb", "about", "organisation", "request", "since", "until")


def _looked(request: HttpRequest) -> Looked:
    named = said(request, "organisation")
    organisation = _organisation(named) if named else None
    asked = said(request, "request")
    return Looked(
        who=said(request, "who"),
        verb=said(request, "verb"),
        about=said(request, "about"),
        organisation=organisation,
        # What is no number finds nothing, rather than everything.
        request=(_number(asked) or 0) if asked else None,
        since=_day(said(request, "since")),
        until=_day(said(request, "until")),
    )


def _organisation(named: str) -> int:
    found = Organisation.objects.filter(slug=named).first()
    found = found or Organisation.objects.filter(name__iexact=named).first()
    return found.pk if found else 0


def _number(text: str) -> int | None:
    return whole_number(text.removeprefix("#")) or None


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


class _Line:
    """A file for the CSV writer that hands over what is written."""

    def write(self, text: str) -> str:
        return text


def _csv(lines: Iterable[AuditLine]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\n")
    yield writer.writerow(_COLUMNS)
    for line in lines:
        yield writer.writerow([_cell(getattr(line, name)) for name in _COLUMNS])


def _cell(value: object) -> str:
    """A value as text that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
    text = str(value)
    return f"'{text}" if text.startswith(_RUN_BY_SPREADSHEETS) else text
