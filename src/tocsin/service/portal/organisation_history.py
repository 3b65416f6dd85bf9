"""What was done for an organisation, and when, without what staff noted for themselves."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from tocsin.service.audit.models import ActorKind, AuditLine
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.history_words import in_words
from tocsin.service.portal.organisation_page import show
from tocsin.service.subscribers.models import Organisation

_PAGE = 100
_OF_STAFF_ALONE = ("request.first_approval",)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the history. who: of staff only that they are."""

    number: int
    at: object
    who: str
    what: str
    about: str


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def shown(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """The newest lines, or those before one."""
    said = request.GET.get("before", "")
    before = int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else None
    found = AuditLine.objects.filter(organisation=organisation.pk)
    if before is not None:
        found = found.filter(pk__lt=before)
    found = found.exclude(verb__in=_OF_STAFF_ALONE).order_by("-pk")
    lines = [_line(each) for each in found[: _PAGE + 1]]
    page = {"lines": lines[:_PAGE], "older": lines[_PAGE - 1].number if lines[_PAGE:] else None}
    return show(request, organisation, "history", page)


def _line(line: AuditLine) -> Line:
    people = {ActorKind.PERSON.value: line.actor, ActorKind.SYSTEM.value: "the service"}
    return Line(
        line.pk,
        line.at,
        people.get(line.actor_kind, "staff"),
        in_words(line.verb),
        line.subject_name,
    )
