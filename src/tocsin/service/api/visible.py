"""Which reports a key is shown, as everybody is, and the links that it was given to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.db.models import F, FilteredRelation, Q, QuerySet

from tocsin.service.api.dates import Span
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.shown import shown_of


def visible(lists: Iterable[int], span: Span | None = None) -> QuerySet[Report]:
    """The reports of these lists in these days, newest day first."""
    rows = shown_of(list(lists))
    if span is not None:
        rows = rows.filter(day__gte=span.first, day__lte=span.last)
    return rows.order_by("-day", "pk")


def with_link_numbers(rows: QuerySet[Report], holder: str) -> list[tuple[Report, int | None]]:
    """Each report, and by which secret its link of that holder was made; None: not made yet."""
    theirs = FilteredRelation("links", condition=Q(links__holder=holder))
    told = rows.annotate(theirs=theirs, link_number=F("theirs__secret_number"))
    return [(each, cast(Any, each).link_number) for each in told]
