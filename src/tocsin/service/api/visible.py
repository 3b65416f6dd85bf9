"""Which reports a key is shown: decided ones, of the newest revision of each day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db.models import F, FilteredRelation, Q, QuerySet

from tocsin.service.api.dates import Span
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.shown import of_newest
from tocsin.service.statements import Statement


class Listed(NamedTuple):
    """What a list of reports tells of one. revision: of its night. secret: the number of that by
    which its link was made; None: not made yet."""

    pk: int
    night_id: int
    list: int
    day: dt.date
    report_type: str
    delayed: bool
    file: str
    rows: int
    outcome: str
    revision: int
    secret: int | None


def visible(lists: Iterable[int], span: Span | None = None) -> QuerySet[Report]:
    """The reports of these lists in these days, newest day first.

    A run of an unfinished day is no report. What was held or dropped when its day was mailed stays
    so in each later revision of that day.
    """
    first, last = (span.first, span.last) if span is not None else (None, None)
    return _visible(list(lists), first, last)


def listed_of(
    lists: Iterable[int], span: Span | None, types: Collection[str], holder: str, most: int
) -> list[Listed]:
    """The same, of these types if any are named, and what that holder's links are made of."""
    first, last = (span.first, span.last) if span is not None else (None, None)
    found = _LISTED.rows(list(lists), first, last, types or None, holder, most=most)
    return [*map(Listed._make, found)]


def _visible(
    lists: Collection[int], first: dt.date | None, last: dt.date | None
) -> QuerySet[Report]:
    rows = Report.objects.filter(list__in=lists)
    if first is not None:
        rows = rows.filter(day__gte=first, day__lte=last)
    return of_newest(rows).order_by("-day", "pk")


def _listed(
    lists: Collection[int],
    first: dt.date | None,
    last: dt.date | None,
    types: Collection[str] | None,
    holder: str,
) -> QuerySet[Report, tuple[object, ...]]:
    rows = _visible(lists, first, last)
    if types is not None:
        rows = rows.filter(report_type__in=types)
    theirs = FilteredRelation("links", condition=Q(links__holder=holder))
    told = rows.annotate(
        theirs=theirs, secret=F("theirs__secret_number"), revision=F("night__revision")
    )
    return told.values_list(*Listed._fields)


_LISTED = Statement(_listed)
