"""The page of a kind of report, for everybody: what it says, why it matters, what to do."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.catalogue.reference_related import Relations
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.service import installation
from tocsin.service.permissions import Permission, needs

_TEXTS = (
    ("meaning", "What a row says"),
    ("why", "Why it matters"),
    ("fix", "What to do"),
    ("method", "How it is seen"),
)


@needs(Permission.ANYONE)
@require_safe
def report_type(request: HttpRequest, name: str) -> HttpResponse:
    """All that there is to say of a type; one of its older names leads to the name that it has."""
    catalogue = home_catalogue(installation.home())
    found = catalogue.report_type(name)
    if found is None:
        raise Http404
    if found.id != name:
        return redirect("report_type", name=found.id)
    relations = Relations(list(catalogue.report_types.values()), {})
    twin = relations.twin(found)
    return render(
        request,
        "types/type.html",
        {
            "type": found,
            "area": catalogue.areas[found.area],
            "texts": [(title, found.text[key]) for key, title in _TEXTS if key in found.text],
            "subject": found.subject.column if found.subject.kind is not SubjectKind.NONE else "",
            "columns": [(each, found.sample.get(each.name, "")) for each in found.columns],
            "related": [*([twin] if twin else []), *relations.of_service(found)],
            "file": _example(found),
        },
    )


def _example(found: ReportType) -> str:
    return f"2026-11-22-{found.id}-example-isp-asn.csv"
