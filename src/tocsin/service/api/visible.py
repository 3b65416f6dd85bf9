"""Which reports a key is shown: decided ones, of the newest revision of each day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet

from tocsin.service.api.dates import Span
from tocsin.service.delivery.models import Night, Outcome, Report

UNDECIDED = (Outcome.WAITING, Outcome.HELD, Outcome.DROPPED)
"""What the night brake has not let go, or never will."""


def visible(lists: Iterable[int], span: Span | None = None) -> QuerySet[Report]:
    """The reports of these lists in these days, newest day first.

    A run of an unfinished day is no report. What was held or dropped when its day was mailed stays
    so in each later revision of that day.
    """
    rows = Report.objects.filter(list__in=list(lists), night__partial=False)
    if span is not None:
        rows = rows.filter(day__gte=span.first, day__lte=span.last)
    newer = Night.objects.filter(
        day=OuterRef("day"), revision__gt=OuterRef("night__revision"), partial=False
    )
    shown = rows.exclude(outcome__in=UNDECIDED).exclude(Exists(newer)).exclude(_held_before())
    return shown.order_by("-day", "pk")


def with_link_numbers(rows: QuerySet[Report], holder: str) -> list[tuple[Report, int | None]]:
    """Each report, and by which secret its link of that holder was made; None: not made yet."""
    theirs = FilteredRelation("links", condition=Q(links__holder=holder))
    told = rows.annotate(theirs=theirs, link_number=F("theirs__secret_number"))
    return [(each, cast(Any, each).link_number) for each in told]


def may_be_fetched(report: Report) -> bool:
    """Whether a report that was shown once may still be had: it may have been held since."""
    rows = Report.objects.filter(pk=report.pk, night__partial=False)
    return rows.exclude(outcome__in=UNDECIDED).exclude(_held_before()).exists()


def _held_before() -> Q:
    first = Report.objects.filter(
        list=OuterRef("list"),
        day=OuterRef("day"),
        report_type=OuterRef("report_type"),
        delayed=OuterRef("delayed"),
        outcome__in=UNDECIDED,
    )
    return Q(Q(outcome=Outcome.LATER), Exists(first))
