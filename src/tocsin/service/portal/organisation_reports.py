"""The reports of an organisation: of which day, what became of them, and their files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_safe

from tocsin.engine.home_catalogue import home_catalogue
from tocsin.service import clock, installation
from tocsin.service.delivery import fetches
from tocsin.service.delivery.content import Gone, is_kept, share_of
from tocsin.service.delivery.fetching import by_report
from tocsin.service.delivery.models import NightList, Report
from tocsin.service.delivery.pages import answer_to, gone
from tocsin.service.delivery.shown import shown_reports
from tocsin.service.delivery.standing import NOTHING, Share, Standing, standings
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.organisation_page import show
from tocsin.service.portal.report_words import ends_of, in_words
from tocsin.service.portal.staff.common import page_of, said
from tocsin.service.portal.typed import whole_number
from tocsin.service.subscribers.models import MailingList, Organisation


@dataclass(frozen=True, slots=True)
class Line:
    """A report on the page. rows: how many, in words where only some are still the list's.

    why_not: why there is nothing to fetch; empty if there is something.
    """

    report: Report
    title: str
    list: MailingList
    rows: str
    became: str
    why_not: str


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def shown(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """A page of them, the newest first."""
    lists = {each.pk: each for each in _lists(organisation)}
    every = shown_reports(organisation, lists)
    found = _wanted(every, request).select_related("night")
    pages = page_of(request, found.order_by("-day", "report_type", "list", "delayed", "pk"))
    titles = _titles()
    types = every.order_by().values_list("report_type", flat=True).distinct()
    page = {
        "lines": list(_lines(list(pages.object_list), lists, titles, clock.now())),
        "shown": pages,
        "lists": lists.values(),
        "types": sorted((titles.get(each, each), each) for each in types),
        "asked": {
            "list": whole_number(said(request, "list")),
            "type": said(request, "type"),
            "day": said(request, "day"),
        },
        "searched": any(said(request, name) for name in ("list", "type", "day")),
    }
    return show(request, organisation, "reports", page)


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_safe
def download(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponseBase:
    """The file of one of them."""
    theirs = [each.pk for each in _lists(organisation)]
    rows = shown_reports(organisation, theirs).select_related("night")
    report = get_object_or_404(rows, pk=number)
    try:
        found = by_report(report, clock.now())
    except Gone:
        return gone()
    if found.content is None:
        raise Http404
    holder = fetches.user_holder(request.user.pk)
    return answer_to(request, replace(found, holder=holder))


def _lists(organisation: Organisation) -> QuerySet[MailingList]:
    return organisation.lists.select_related("organisation").order_by("name", "filter", "pk")


def _titles() -> Mapping[str, str]:
    types = home_catalogue(installation.home()).report_types
    return {name: each.title for name, each in types.items()}


def _wanted(rows: QuerySet[Report], request: HttpRequest) -> QuerySet[Report]:
    """Those that are searched for; what cannot be a day or a list finds nothing."""
    if said(request, "day"):
        day = _day(said(request, "day"))
        rows = rows.filter(day=day) if day is not None else rows.none()
    if number := said(request, "list"):
        rows = rows.filter(list=whole_number(number))
    if kind := said(request, "type"):
        rows = rows.filter(report_type=kind)
    return rows


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _lines(
    reports: Sequence[Report],
    lists: Mapping[int, MailingList],
    titles: Mapping[str, str],
    now: dt.datetime,
) -> Iterator[Line]:
    nights, numbers = {each.night_id for each in reports}, {each.list for each in reports}
    then = NightList.objects.filter(night__in=nights, list__in=numbers)
    found = standings(then, [lists[each] for each in numbers], now)
    ends = ends_of(reports)
    for each in reports:
        standing = found.get((each.night_id, each.list), NOTHING)
        yield Line(
            report=each,
            title=titles.get(each.report_type, each.report_type),
            list=lists[each.list],
            rows=_rows(each, share_of(each, standing)),
            became=in_words(each, ends),
            why_not=_why_not(each, standing),
        )


def _why_not(report: Report, standing: Standing) -> str:
    if standing.share is Share.NOTHING:
        return "Its list or networks are not valid now."
    if share_of(report, standing) is Share.NOTHING:
        return "It is kept back."
    return "" if is_kept(report) else "Not kept any more."


def _rows(report: Report, share: Share) -> str:
    """How many; of a report that was cut, only that it is a part."""
    words = {Share.WHOLE: f"{report.rows:,}", Share.CUT: "a part", Share.NOTHING: "-"}
    return words[share]
