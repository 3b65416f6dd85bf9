"""Which reports people and clients may see and fetch at all; whose they are is asked elsewhere.

Portal, links and API ask here, so that what is kept back is had by no road.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from tocsin.service.delivery.models import Night, NightList, NightState, Outcome, Report
from tocsin.service.subscribers.models import Organisation

KEPT_BACK = (Outcome.WAITING, Outcome.HELD, Outcome.DROPPED)
"""Not looked over yet, held by the night brake, or dropped by staff: nobody is shown these."""


def shown_reports(organisation: Organisation, lists: Collection[int]) -> QuerySet[Report]:
    """The reports of lists of an organisation, of the newest revision of each day."""
    return made_for(of_newest(Report.objects.filter(list__in=lists)), organisation)


def made_for(rows: QuerySet[Report], organisation: Organisation) -> QuerySet[Report]:
    """Those of the reports whose night names the organisation.

    In a file of the operator's a number may mean another list.
    """
    theirs = NightList.objects.filter(
        night=OuterRef("night"), list=OuterRef("list"), organisation=organisation.slug
    )
    return rows.filter(Exists(theirs))


def shown_nights() -> QuerySet[Night]:
    """Nights that count for what is shown of their day, if no newer one does.

    A run of an unfinished day is no report. One made anew that nobody has looked over hides
    nothing of what the day has given out.
    """
    return Night.objects.filter(partial=False).exclude(state=NightState.LATER, looked_at=None)


def of_newest(rows: QuerySet[Report]) -> QuerySet[Report]:
    """Those of the reports that are shown.

    Made anew, a report that was kept back stays so, unless it goes out by itself.
    """
    newer = shown_nights().filter(day=OuterRef("day"), revision__gt=OuterRef("night__revision"))
    decided = rows.filter(night__partial=False).exclude(outcome__in=KEPT_BACK)
    # Most are of the first revision: of these nothing else is looked for.
    back = Q(Q(outcome=Outcome.LATER), Exists(kept_back()))
    return decided.exclude(Exists(newer)).exclude(back)


def kept_back() -> QuerySet[Report]:
    """For a query of reports: the same report in any revision of its day, kept back there."""
    return kept_back_of(Report.objects.all()).filter(
        list=OuterRef("list"),
        day=OuterRef("day"),
        report_type=OuterRef("report_type"),
        delayed=OuterRef("delayed"),
    )


def kept_back_of(rows: QuerySet[Report]) -> QuerySet[Report]:
    """Those of the reports that are kept back for good reason: by nights that count."""
    return rows.filter(outcome__in=KEPT_BACK, night__in=shown_nights())


def is_shown(report: Report) -> bool:
    """Whether a report may be given out that somebody was given a link to; one query at most."""
    if report.outcome in KEPT_BACK or report.night.partial:
        return False
    if report.outcome != Outcome.LATER:
        return True
    same = Report.objects.filter(
        list=report.list, day=report.day, report_type=report.report_type, delayed=report.delayed
    )
    return not kept_back_of(same).exists()


def shown(lists: Collection[int]) -> QuerySet[Report]:
    """Those of lists, with their nights, newest day first; whose they are is asked elsewhere.

    In a day by name: made anew, a report keeps its place.
    """
    rows = of_newest(Report.objects.filter(list__in=list(lists)))
    return rows.select_related("night").order_by("-day", "file")
