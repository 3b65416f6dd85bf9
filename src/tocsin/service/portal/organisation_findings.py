"""What an organisation has to fix, and what its people say of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from tocsin.model.errors import Problem, TocsinError, UsageError
from tocsin.service import clock
from tocsin.service.delivery.standing import is_valid
from tocsin.service.findings.labels import read_labels, set_labels
from tocsin.service.findings.ledger import WITHDRAWN
from tocsin.service.findings.marking import Marker, mark
from tocsin.service.findings.seen import COLUMNS, SeenFinding, seen_findings
from tocsin.service.findings.wanted import WantedMark, read_csv, read_json
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.organisation_page import actor_of, contact_of, show
from tocsin.service.rest.answers import Form, as_pieces, content_type
from tocsin.service.subscribers.models import Contact, MailingList, Organisation

_A_PAGE = 100
_MOST_BYTES = 2 << 20
_MOST_TOLD = 10

_STATES = {
    "open": "open",
    "fixed": "fixed",
    WITHDRAWN: "withdrawn, since we have taken back what we reported",
    "all": "all",
}

_SAID: dict[str, Callable[[HttpRequest], dict[str, object]]] = {
    "seen": lambda _: {"seen": True},
    "unseen": lambda _: {"seen": False},
    "fixed": lambda _: {"fixed": True},
    "ticket": lambda request: {"ticket": request.POST.get("ticket", "").strip() or None},
    "risk": lambda request: {"risk_accepted_until": request.POST.get("until", "").strip() or None},
}
"""What the buttons say."""


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def shown(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """A page of findings, the most urgent first, as the filter wants them."""
    now = clock.now()
    state = request.GET.get("state", "open")
    state = state if state in _STATES else "open"
    find = request.GET.get("find", "").strip().lower()[:100]
    found = seen_findings(organisation, _lists(organisation, now), now)
    wanted = [each for each in found if _is_wanted(each, state, find)]
    pages = Paginator(wanted, _A_PAGE)
    page = {
        "page": pages.get_page(request.GET.get("page")),
        "found": len(wanted),
        "all": len(found),
        "state": state,
        "states": _STATES,
        "find": find,
        "today": now.date(),
        "labels": organisation.prefix_labels.count(),
        "may_mark": contact_of(request, organisation) is not None,
    }
    return show(request, organisation, "findings", page)


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def table(request: HttpRequest, organisation: Organisation) -> HttpResponseBase:  # noqa: ARG001
    """All findings as CSV, to be filled in and sent back."""
    now = clock.now()
    found = seen_findings(organisation, _lists(organisation, now), now)
    pieces = as_pieces(Form.CSV, (each.to_json() for each in found), COLUMNS)
    name = f"findings-{organisation.slug}-{now:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces, content_type=content_type(Form.CSV), headers=headers)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def say(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Say something of those that are ticked, or what a table says."""
    contact = contact_of(request, organisation)
    if contact is None:
        messages.error(request, "Its own people alone say something of findings.")
    else:
        _say(request, contact)
    return redirect("organisation_findings", slug=organisation.slug)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def labels(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """What the organisation calls its prefixes: all labels, as a file."""
    try:
        text = _file(request, "labels").decode("utf-8-sig", "replace")
        actor = actor_of(request, organisation)
        changed = set_labels(organisation, read_labels(text), actor, clock.now())
    except UsageError as error:
        messages.error(request, _in_words(error))
    else:
        done = "The labels are kept." if changed else "Nothing was changed: they are so already."
        messages.success(request, done)
    return redirect("organisation_findings", slug=organisation.slug)


def _say(request: HttpRequest, contact: Contact) -> None:
    now = clock.now()
    try:
        lists = _lists(contact.organisation, now)
        by_whom = Marker(
            contact.organisation, lists, actor_of(request, contact.organisation), contact.address
        )
        done = mark(by_whom, _wanted(request), now)
    except TocsinError as error:
        messages.error(request, _in_words(error))
        return
    messages.success(request, f"Said of {done.changed} findings; {done.unchanged} were so already.")


def _wanted(request: HttpRequest) -> list[WantedMark]:
    if "table" in request.FILES:
        return read_csv(_file(request, "table"), tuple(COLUMNS))
    said = _SAID.get(request.POST.get("do", ""))
    if said is None:
        raise UsageError("nothing was said", todo="use one of the buttons")
    ids = request.POST.getlist("finding")
    if not ids:
        raise UsageError("no finding was ticked", todo="tick those that you mean")
    value = said(request)
    return read_json(json.dumps({"marks": [{"id": each, **value} for each in ids]}).encode())


def _file(request: HttpRequest, name: str) -> bytes:
    found = request.FILES.get(name)
    if found is None or found.size is None or found.size > _MOST_BYTES:
        raise UsageError("there is no file, or one of more than 2 MB", todo="choose a CSV file")
    return bytes(found.read())


def _lists(organisation: Organisation, now: dt.datetime) -> dict[int, MailingList]:
    lists = {}
    for each in organisation.lists.order_by("pk"):
        each.organisation = organisation
        if is_valid(each, now):
            lists[each.pk] = each
    return lists


def _is_wanted(each: SeenFinding, state: str, text: str) -> bool:
    finding = each.finding
    about = (
        finding.subject, finding.report_type, finding.infection, each.label, each.mark.ticket,
    )  # fmt: skip
    return state in ("all", finding.state) and any(text in part.lower() for part in about)


def _in_words(error: TocsinError) -> str:
    told = [_line(each) for each in error.problems[:_MOST_TOLD]]
    more = len(error.problems) - len(told)
    rest = [f"{more} more"] if more else []
    todo = [error.todo] if error.todo else []
    return "\n".join([f"{error.what[:1].upper()}{error.what[1:]}.", *told, *rest, *todo])


def _line(problem: Problem) -> str:
    place = f"line {problem.line}" if problem.line else problem.where
    return f"{place}: {problem.what}"
